#include "provision/accounts/ageing.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/bob.h"

namespace azl::provision {

using azl::test::AccountTree;
using azl::test::patience;
using test::line_of;

TEST_CASE("the fields of shadow are read, and a field that is no number is off") {
  struct Row {
    std::string line;
    Ageing ageing;
  };
  const std::vector<Row> rows = {
      {"bob:!:19000:1:90:7:35:20000:",
       {.last_change = 19000,
        .minimum = 1,
        .maximum = 90,
        .warning = 7,
        .inactive = 35,
        .expires = 20000}},
      {"bob:!:0::::::", {.last_change = 0}},
      {"bob:$6$a$b:-1:-1:-1:-1:-1:-1:", {}},
      {"bob:!:1x: 2:+3:abc:1.5::", {}},
      {"bob:!", {}},
      {"bob:!:99999999999999999999:::::9999999999:", {.expires = 1'000'000'000}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const auto ageings =
        parse_ageings("root:*:1:::::2:\nbobby:!:3::::::\n" + row.line + "\nbob:!:7:7:7:7:7:7:\n");
    const Ageing* ageing = find_ageing(ageings, "bob");
    REQUIRE(ageing != nullptr);
    CHECK((*ageing == row.ageing));
    CHECK(find_ageing(ageings, "ann") == nullptr);
  }
}

TEST_CASE("chage changes what is asked for, and nothing else") {
  AZL_NEEDS_ROOT();
  const std::vector<std::pair<AgeingChange, std::string>> rows = {
      {{.last_change = 20455}, "20455:1:90:7:35:20000:"},
      {{.last_change = -1}, ":1:90:7:35:20000:"},
      {{.no_maximum = true}, "19000:1::7:35:20000:"},
      {{.no_inactivity = true}, "19000:1:90:7::20000:"},
      {{.no_expiry = true}, "19000:1:90:7:35::"},
      {{.last_change = 20455, .no_maximum = true, .no_inactivity = true, .no_expiry = true},
       "20455:1::7:::"},
  };
  for (const auto& [change, fields] : rows) {
    CAPTURE(fields);
    AccountTree tree;
    tree.append("etc/passwd", "bob:x:1000:1000::/home/bob:/bin/bash\n")
        .append("etc/shadow", "bob:!$6$a$b:19000:1:90:7:35:20000:\n");
    const Root root = tree.root();
    const auto before = read_ageings(root).value();
    SystemProcesses processes;
    const auto changed = change_ageing(root, processes, "bob", change, patience());
    REQUIRE_MESSAGE(changed.has_value(), changed.error().to_string());
    CHECK(line_of(tree, "etc/shadow", "bob") == "bob:!$6$a$b:" + fields);
    const auto after = read_ageings(root).value();
    CHECK((*find_ageing(after, "bob") == with_change(*find_ageing(before, "bob"), change)));
    CHECK(line_of(tree, "etc/shadow", "root") == "root:!:19000:0:99999:7:::");
  }
}

TEST_CASE("a user that does not exist is an error with chage's message") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  SystemProcesses processes;
  const auto changed =
      change_ageing(tree.root(), processes, "bob", {.no_expiry = true}, patience());
  REQUIRE_FALSE(changed.has_value());
  CHECK(changed.error().reason() == Reason::kPassword);
  CHECK(changed.error().to_string().find("chage") != std::string::npos);
}

}  // namespace azl::provision
