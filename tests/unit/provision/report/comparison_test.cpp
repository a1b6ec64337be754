#include "provision/report/comparison.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/report/comparison_text.h"
#include "tests/unit/provision/report/timeline_samples.h"

namespace azl::provision {
namespace {

using namespace azl::test;

TEST_CASE("a time is slower or faster only beyond both thresholds") {
  struct Row {
    std::optional<std::int64_t> here;
    std::optional<std::int64_t> there;
    Change change;
  };
  const std::vector<Row> rows = {
      {0, 0, Change::kSame},
      {99'999, 0, Change::kSame},
      {100'000, 0, Change::kSlower},
      {0, 100'000, Change::kFaster},
      {1'100'000, 1'000'000, Change::kSame},  // too small a ratio
      {1'499'999, 1'000'000, Change::kSame},
      {1'500'000, 1'000'000, Change::kSlower},
      {1'000'000, 1'500'000, Change::kFaster},
      {30'000, 10'000, Change::kSame},  // too small a difference
      {5, std::nullopt, Change::kAdded},
      {std::nullopt, 5, Change::kMissing},
      {std::nullopt, std::nullopt, Change::kSame},
      {INT64_MAX, 0, Change::kSlower},
      {INT64_MIN, INT64_MAX, Change::kFaster},
  };
  for (const auto& row : rows) {
    CAPTURE(row.here.value_or(-1));
    CAPTURE(row.there.value_or(-1));
    CHECK(decide_change(row.here, row.there) == row.change);
  }
}

TEST_CASE("steps are compared by stage and name, and stand in the order of this boot") {
  const auto here =
      boot_of("here", {timed_stage(Stage::kMain, 100, 900'000,
                                   {timed_step("imds", 0, 500'000), timed_step("user", 0, 10),
                                    timed_step("user", 0, 20), timed_step("new", 0, 5),
                                    timed_step("skipped", 0, 9, StepOutcome::kSkipped)})});
  const auto there =
      boot_of("there", {timed_stage(Stage::kLocal, 50, 7, {timed_step("imds", 0, 1)}),
                        timed_stage(Stage::kMain, 100, 300'000,
                                    {timed_step("imds", 0, 100'000), timed_step("old", 0, 6),
                                     timed_step("user", 0, 15), timed_step("skipped", 0, 9)})});
  struct Row {
    std::string stage;
    std::string step;
    std::optional<std::int64_t> here;
    std::optional<std::int64_t> there;
    Change change;
  };
  const std::vector<Row> rows = {
      {"local", "", std::nullopt, 7, Change::kMissing},
      {"local", "imds", std::nullopt, 1, Change::kMissing},
      {"main", "", 900'000, 300'000, Change::kSlower},
      {"main", "imds", 500'000, 100'000, Change::kSlower},
      {"main", "old", std::nullopt, 6, Change::kMissing},
      {"main", "user", 10, 15, Change::kSame},
      {"main", "skipped", std::nullopt, 9, Change::kMissing},
      {"main", "user", 20, std::nullopt, Change::kAdded},
      {"main", "new", 5, std::nullopt, Change::kAdded},
  };
  const auto comparison = compare_boots(here, there);
  CHECK(comparison.slower == 2);
  REQUIRE(comparison.steps.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& step = comparison.steps[i];
    CAPTURE(i);
    CHECK(step.stage == rows[i].stage);
    CHECK(step.step == rows[i].step);
    CHECK(step.here == rows[i].here);
    CHECK(step.there == rows[i].there);
    CHECK(step.change == rows[i].change);
    CHECK(step.difference_us ==
          (step.here && step.there ? *step.here - *step.there : std::int64_t{0}));
  }
}

TEST_CASE("a boot beside itself differs in nothing") {
  const auto comparison = compare_boots(usual_boot(), usual_boot());
  CHECK(comparison.slower == 0);
  for (const auto& step : comparison.steps) CHECK(step.change == Change::kSame);
}

TEST_CASE("the text says what got slower") {
  auto slow = usual_boot();
  slow.stages[1].steps[0].took_us = 2'000'000;
  slow.stages[1].steps.pop_back();
  const auto text = describe_comparison(compare_boots(slow, usual_boot()), {.width = 80});
  for (const std::string line :
       {"  Here   boot now\n", "  There  boot now\n", "1 stage or step is slower\n",
        "  stage local                 50.0 ms    50.0 ms  0.0 ms\n",
        "    imds                       2.00 s     0.60 s  +1.40 s slower\n",
        "    user                            -     0.30 s  only there\n"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, line, "\n", text);
}

}  // namespace
}  // namespace azl::provision
