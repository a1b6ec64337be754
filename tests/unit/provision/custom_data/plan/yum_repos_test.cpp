#include "provision/custom_data/plan/yum_repos.h"

#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::Lines;
using test::plan_of;
using test::remarks_of;

constexpr std::string_view kHead = "# Written by azl-provision for yum_repos of custom data.\n";

/// The text of the only repository, without the comment.
std::string text_of(const CustomDataPlan& plan) {
  REQUIRE(plan.items.size() == 1);
  const std::string text(std::get<AddRepository>(plan.items[0].action).text.reveal());
  REQUIRE(text.starts_with(kHead));
  return text.substr(kHead.size());
}

TEST_CASE("a repository gets its options as cloud-init writes them") {
  // cloudinit/config/cc_yum_add_repo.py: booleans become 1 and 0, lists become lines, names of
  // options get lower case and "_".
  const auto plan = plan_of(
      "#cloud-config\n"
      "yum_repos:\n"
      "  my repo:\n"
      "    baseurl: [https://a.example.org/, https://b.example.org/]\n"
      "    Name: The % repository\n"
      "    fail-over method: x\n"
      "    gpgcheck: true\n"
      "    enabled: off\n"
      "    priority: 5\n"
      "    fail-ovr-method: roundrobin\n");
  CHECK(text_of(plan) ==
        "[my-repo]\nbaseurl = https://a.example.org/\n\thttps://b.example.org/\nname = The % "
        "repository\ngpgcheck = 1\nenabled = 0\npriority = 5\nfail_ovr_method = roundrobin\n");
  CHECK(plan.items[0].id == "yum_repos/my-repo");
  CHECK(plan.items[0].phase == ItemPhase::kFinal);
  CHECK(plan.items[0].what ==
        "write the repository /etc/yum.repos.d/my-repo.repo, unless it exists");
  CHECK(remarks_of(plan) == Lines{"w 6:5 yum-repos"});
}

TEST_CASE("no value can become another option or section") {
  const auto plan =
      plan_of("#cloud-config\nyum_repos:\n  a:\n    baseurl: \"x\\n\\n[b]\\ngpgcheck=0\\n\"\n");
  CHECK(text_of(plan) == "[a]\nbaseurl = x\n\t[b]\n\tgpgcheck=0\n");
  const auto cut = plan_of("#cloud-config\nyum_repos: {a: {baseurl: x, name: \"a\\0b\"}}\n");
  CHECK(text_of(cut) == "[a]\nbaseurl = x\n");
  CHECK(remarks_of(cut) == Lines{"w 2:29 yum-repos"});
}

TEST_CASE("a repository that cannot be used costs only itself") {
  struct Row {
    std::string_view value;
    Lines remarks;
  };
  const Row rows[] = {
      {"{../a: {baseurl: x}, good: {baseurl: x}}", {"e 2:13 yum-repos"}},
      {"{'a/b': {baseurl: x}, good: {baseurl: x}}", {"e 2:13 yum-repos"}},
      {R"({"a\nb": {baseurl: x}, good: {baseurl: x}})", {"e 2:13 yum-repos"}},
      {"{'': {baseurl: x}, good: {baseurl: x}}", {"e 2:13 yum-repos"}},
      {"{a: {name: x}, good: {baseurl: x}}", {"e 2:13 yum-repos"}},
      {"{a: , good: {metalink: x}}", {"e 2:13 yum-repos"}},
      {"{a: [x], good: {mirrorlist: x}}", {"e 2:13 yum-repos"}},
      {"{good: {baseurl: x}, a: {baseurl: {x: y}}}", {"e 2:33 yum-repos", "w 2:37 yum-repos"}},
      {"{good: {baseurl: x, name: }}", {"w 2:32 yum-repos"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto plan = plan_of("#cloud-config\nyum_repos: " + std::string(row.value) + "\n");
    REQUIRE(plan.items.size() == 1);
    CHECK(plan.items[0].id == "yum_repos/good");
    CHECK(remarks_of(plan) == row.remarks);
  }
  const auto same = plan_of("#cloud-config\nyum_repos: {a b: {baseurl: x}, a-b: {baseurl: y}}\n");
  CHECK(text_of(same) == "[a-b]\nbaseurl = x\n");
  CHECK(remarks_of(same) == Lines{"e 2:32 yum-repos"});
  CHECK(remarks_of("#cloud-config\nyum_repos:\n") == Lines{"w 2:1 no-value"});
  CHECK(remarks_of("#cloud-config\nyum_repos: [a]\n") == Lines{"e 2:1 yum-repos"});
}

}  // namespace
}  // namespace azl::provision::custom_data
