#include "provision/custom_data/plan/groups.h"

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::Lines;
using test::plan_of;
using test::remarks_of;

/// "NAME: MEMBER MEMBER" of each group.
Lines groups_of(const CustomDataPlan& plan) {
  Lines lines;
  for (const auto& item : plan.items) {
    const auto& group = std::get<MakeGroup>(item.action);
    CHECK(item.id == "groups/" + group.name);
    lines.push_back(group.name + ": " + join(group.members, " "));
  }
  return lines;
}

TEST_CASE("groups are text, a list or a map") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#users-and-groups
  const std::pair<std::string_view, Lines> rows[] = {
      {"a, b", {"a: ", "b: "}},
      {"[a, b]", {"a: ", "b: "}},
      {"[a, {b: [ann, bob]}]", {"a: ", "b: ann bob"}},
      {"[{a: ann}, {a: [bob]}]", {"a: ann bob"}},
      {"{a: [ann], b: 'ann,bob', c: }", {"a: ann", "b: ann bob", "c: "}},
      {"[root]", {"root: "}},
      {"[]", {}},
  };
  for (const auto& [value, groups] : rows) {
    CAPTURE(value);
    const auto plan = plan_of("#cloud-config\ngroups: " + std::string(value) + "\n");
    CHECK(groups_of(plan) == groups);
    CHECK(remarks_of(plan) == Lines{});
  }
  CHECK(plan_of("#cloud-config\ngroups: {a: [ann, bob]}\n").items.at(0).what ==
        "make the group a with ann, bob");
}

TEST_CASE("a bad group or member costs only itself") {
  const std::pair<std::string_view, Lines> rows[] = {
      {"[-a, good]", {"e 2:10 group"}},      {"['a:b', good]", {"e 2:10 group"}},
      {"[[x], good]", {"e 2:10 group"}},     {"[~, good]", {"e 2:10 group"}},
      {"[{good: [[x]]}]", {"e 2:18 group"}}, {"[{good: ['a b']}]", {"e 2:11 group"}},
  };
  for (const auto& [value, remarks] : rows) {
    CAPTURE(value);
    const auto plan = plan_of("#cloud-config\ngroups: " + std::string(value) + "\n");
    CHECK(groups_of(plan) == Lines{"good: "});
    CHECK(remarks_of(plan) == remarks);
  }
  CHECK(remarks_of("#cloud-config\ngroups:\n") == Lines{"w 2:1 no-value"});
  CHECK(remarks_of("#cloud-config\ngroups: true\n") == Lines{"e 2:9 group"});
}

}  // namespace
}  // namespace azl::provision::custom_data
