#include "provision/report/picture_rows.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/timeline_samples.h"

namespace azl::provision {
namespace {

using namespace azl::test;
using Names = std::vector<std::string>;

Names names_of(const Timeline& timeline, const PictureRows& choice) {
  Names names;
  for (const auto row : choice.rows) names.push_back(timeline.spans[row].place);
  return names;
}

TEST_CASE("a picture of the boot has what took a hundredth of it, in the order of time") {
  const SystemTimes system{
      .initrd = {},
      .userspace = 1'000'000,
      .units = {{.unit = "ssh.service", .started = 4'000'000, .active = 4'000'001},
                {.unit = "dbus.service", .started = 2'500'000, .active = {}}}};
  auto boot = usual_boot();
  boot.stages[1].steps.push_back(timed_step("short", 990'000, 10));
  boot.stages[1].steps.push_back(timed_step("broken", 990'000, 10, StepOutcome::kFailed));
  const auto timeline = make_timeline(boot, &system);
  const auto choice = choose_boot_rows(timeline, 100);
  CHECK(names_of(timeline, choice) == Names{"kernel/kernel", "local", "local/0",
                                            "unit/dbus.service", "main", "main/0", "main/1",
                                            "main/3", "unit/ssh.service"});
  CHECK(choice.left_out == 1);
}

TEST_CASE("a picture of a stage has its steps with their programs and requests") {
  const auto timeline = make_timeline(usual_boot());
  const auto choice = choose_stage_rows(timeline, 2, 100);
  CHECK(names_of(timeline, choice) == Names{"main", "main/0", "main/0/request/0", "main/1",
                                            "main/1/tool/0", "main/1/tool/1", "main/request/1"});
  CHECK(choice.left_out == 0);
}

TEST_CASE("of too many rows the longest stay, and failures before them") {
  std::vector<StepRecord> steps;
  for (int i = 0; i < 10'000; ++i) steps.push_back(timed_step("s", 0, 1'000 + i));
  steps[7].outcome = StepOutcome::kFailed;
  const auto timeline = make_timeline(boot_of("b", {timed_stage(Stage::kMain, 5, 20'000, steps)}));
  for (const auto& choice : {choose_boot_rows(timeline, 4), choose_stage_rows(timeline, 0, 4)}) {
    CHECK(names_of(timeline, choice) == Names{"main", "main/7", "main/9998", "main/9999"});
    CHECK(choice.left_out == 9'997);
  }
}

}  // namespace
}  // namespace azl::provision
