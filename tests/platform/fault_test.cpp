#include "tests/platform/fault.h"

#include <limits>

#include <doctest/doctest.h>

namespace azl::platform {
namespace {

constexpr unsigned kNoEnd = std::numeric_limits<unsigned>::max();

TEST_CASE("a request range is a number, two numbers, an open range or all") {
  struct Row {
    std::string text;
    std::optional<RequestRange> range;
  };
  const Row rows[] = {
      {"1", RequestRange{1, 1}},
      {"17", RequestRange{17, 17}},
      {"2-4", RequestRange{2, 4}},
      {"3-3", RequestRange{3, 3}},
      {"5-", RequestRange{5, kNoEnd}},
      {"all", RequestRange{1, kNoEnd}},
      {"4294967295", RequestRange{kNoEnd, kNoEnd}},
      {"", std::nullopt},
      {"0", std::nullopt},
      {"-", std::nullopt},
      {"-3", std::nullopt},
      {"4-2", std::nullopt},
      {"0-2", std::nullopt},
      {"1-2-3", std::nullopt},
      {"1 ", std::nullopt},
      {"one", std::nullopt},
      {"4294967296", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_request_range(row.text) == row.range);
  }
}

TEST_CASE("the name of every fault action parses back to the action") {
  CHECK(fault_action_names() == "status, delay, hold, reset, close, hang, truncate, garbage, huge");
  CHECK(parse_fault_action("reset") == FaultAction::kReset);
  CHECK(name_of(FaultAction::kTruncate) == "truncate");
  CHECK_FALSE(parse_fault_action("Reset"));
  CHECK_FALSE(parse_fault_action(""));
}

TEST_CASE("a fault applies to requests with the given numbers and target prefix") {
  FaultPlan plan({{.request = {2, 3}, .match = "/a", .action = FaultAction::kReset}});
  CHECK(plan.next(1, "/a") == nullptr);
  CHECK(plan.next(2, "/b") == nullptr);
  const Fault* third = plan.next(3, "/abc?x=1");
  REQUIRE(third != nullptr);
  CHECK(third->action == FaultAction::kReset);
  CHECK(plan.next(4, "/a") == nullptr);
}

TEST_CASE("nth counts only the requests with the matching target") {
  FaultPlan plan({{.nth = {2, 2}, .match = "/health", .action = FaultAction::kHang}});
  CHECK(plan.next(1, "/other") == nullptr);
  CHECK(plan.next(2, "/health") == nullptr);
  CHECK(plan.next(3, "/other") == nullptr);
  CHECK(plan.next(4, "/health") != nullptr);
  CHECK(plan.next(5, "/health") == nullptr);
}

TEST_CASE("the first matching fault is used, and later faults still count the request") {
  FaultPlan plan({{.request = {1, 1}, .action = FaultAction::kReset},
                  {.nth = {1, 2}, .action = FaultAction::kClose}});
  const Fault* first = plan.next(1, "/");
  REQUIRE(first != nullptr);
  CHECK(first->action == FaultAction::kReset);
  const Fault* second = plan.next(2, "/");
  REQUIRE(second != nullptr);
  CHECK(second->action == FaultAction::kClose);
  CHECK(plan.next(3, "/") == nullptr);
}

}  // namespace
}  // namespace azl::platform
