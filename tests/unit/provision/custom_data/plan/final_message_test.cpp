#include "provision/custom_data/plan/final_message.h"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;

std::string render(std::string_view text) {
  using namespace std::chrono_literals;
  return render_final_message(
      text, {.uptime = 12s + 340ms, .now = WallTime(1'795'959'482s), .version = "1.2.3"});
}

}  // namespace

TEST_CASE("the variables of a message are replaced") {
  // cloud-init's module reference, "Final Message"; its templater takes $name and ${name}.
  struct {
    std::string_view text;
    std::string result;
  } const rows[] = {
      {"", ""},
      {"no variable", "no variable"},
      {"up $uptime s", "up 12.34 s"},
      {"$timestamp", "Sun, 29 Nov 2026 13:38:02 +0000"},
      {"${version}/$datasource", "1.2.3/DataSourceAzure"},
      {"$UPTIME ${VERSION}", "12.34 1.2.3"},
      {"$uptime.", "12.34."},
      {"$Uptime $uptimes $", "$Uptime $uptimes $"},
      {"$$uptime ${uptime $ {uptime} ${}", "$12.34 ${uptime $ {uptime} ${}"},
      {"## template: jinja\n{{ uptime }} {{ VERSION }}\n", "12.34 1.2.3\n"},
      {"## template: jinja\n{% if x %}", "## template: jinja\n{% if x %}"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(render(row.text) == row.result);
  }
}

TEST_CASE("final_message is planned on each boot") {
  struct {
    std::string_view value;
    Lines items;
    Lines remarks;
  } const rows[] = {
      {"bye $uptime", {"final_message final each-boot"}, {}},
      {"costs $5", {"final_message final each-boot"}, {"w 2:1 final-message"}},
      {"$hunter2", {"final_message final each-boot"}, {"w 2:1 final-message"}},
      {R"("## template: jinja\n$x")", {"final_message final each-boot"}, {}},
      {"[a]", {}, {"e 2:1 final-message"}},
      {"{a: b}", {}, {"e 2:1 final-message"}},
      {"", {}, {}},
      {"''", {}, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto plan = plan_of("#cloud-config\nfinal_message: " + std::string(row.value) + "\n");
    CHECK(items_of(plan) == row.items);
    CHECK(remarks_of(plan) == row.remarks);
    for (const auto& remark : plan.remarks) CHECK(remark.text.find("hunter2") == std::string::npos);
  }
}

}  // namespace azl::provision::custom_data
