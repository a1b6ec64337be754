#include "provision/report/critical_path.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/timeline_samples.h"

namespace azl::provision {
namespace {

using namespace azl::test;

using Names = std::vector<std::string>;

struct Row {
  std::string what;
  BootRecords boot;
  SystemTimes system;
  Names path;
  std::int64_t waited_us;
};

UnitTimes unit(const std::string& name, std::int64_t started, std::int64_t active) {
  return {.unit = name, .started = started, .active = active};
}

std::vector<Row> rows() {
  const auto local = timed_stage(Stage::kLocal, 200, 50);
  const auto main = timed_stage(Stage::kMain, 300, 100);
  const auto with_steps =
      timed_stage(Stage::kMain, 300, 100,
                  {timed_step("a", 0, 40), timed_step("b", 40, 0), timed_step("c", 50, 40)});
  const auto overlapping =
      timed_stage(Stage::kMain, 300, 100, {timed_step("keys", 10, 90), timed_step("user", 10, 30)});
  return {
      {"no stage main and no sshd: there is no goal", boot_of("b", {local}), {}, {}, 0},
      {"without sshd, stage main is the goal",
       boot_of("b", {local, main}),
       {},
       {"local", "main"},
       250},
      {"the way leads from the kernel to sshd",
       boot_of("b", {local, main}),
       {.initrd = 50, .userspace = 100, .units = {unit("ssh.service", 420, 450)}},
       {"kernel", "initrd", "local", "main", "ssh.service"},
       170},
      {"sshd.service is sshd, too",
       boot_of("b", {main}),
       {.initrd = {}, .userspace = 100, .units = {unit("sshd.service", 400, 401)}},
       {"kernel", "main", "sshd.service"},
       200},
      {"of what ran at the same time, the one that ended last counts",
       boot_of("b", {main}),
       {.initrd = {},
        .userspace = 100,
        .units = {unit("systemd-udevd.service", 110, 290), unit("dbus.service", 120, 280)}},
       {"kernel", "systemd-udevd.service", "main"},
       20},
      {"what still ran when the next one began held nobody up",
       boot_of("b", {main}),
       {.initrd = {}, .userspace = 100, .units = {unit("systemd-networkd.service", 250, 350)}},
       {"kernel", "main"},
       200},
      {"what took no time is not on it",
       boot_of("b", {main}),
       {.initrd = {}, .userspace = 100, .units = {unit("dbus.service", 200, 200)}},
       {"kernel", "main"},
       200},
      {"disks, late reports and final custom data hold nobody up",
       boot_of("b", {main, timed_stage(Stage::kDisks, 401, 9), timed_stage(Stage::kReport, 401, 8),
                     timed_stage(Stage::kCustomData, 401, 7)}),
       {.initrd = {}, .userspace = 100, .units = {unit("ssh.service", 420, 450)}},
       {"kernel", "main", "ssh.service"},
       220},
      {"early custom data does",
       boot_of("b", {main, timed_stage(Stage::kCustomDataEarly, 405, 9)}),
       {.initrd = {}, .userspace = 100, .units = {unit("ssh.service", 420, 450)}},
       {"kernel", "main", "custom-data-early", "ssh.service"},
       211},
      {"the steps of a stage on the way are on it, but for those without time",
       boot_of("b", {with_steps}),
       {},
       {"main", "a", "c"},
       300},
      {"of steps that overlap, the one that ended last",
       boot_of("b", {overlapping}),
       {},
       {"main", "keys"},
       300},
  };
}

TEST_CASE("the critical path is what a login had to wait for") {
  for (const auto& row : rows()) {
    CAPTURE(row.what);
    const auto timeline = make_timeline(row.boot, &row.system);
    const auto path = find_critical_path(row.boot, timeline);
    Names names;
    for (const auto each : path.spans) {
      names.push_back(timeline.spans[each].name);
      CHECK(path.has(each));
    }
    CHECK(names == row.path);
    CHECK(path.goal.has_value() == !row.path.empty());
    CHECK(path.waited_us == row.waited_us);
    if (!path.goal) continue;
    CHECK(path.covered_us + path.waited_us ==
          timeline.spans[*path.goal].times.end - timeline.whole.start);
  }
}

TEST_CASE("programs and requests of a step on the path are on it") {
  const auto boot = usual_boot();
  const auto timeline = make_timeline(boot);
  const auto path = find_critical_path(boot, timeline);
  Names names;
  for (const auto each : path.spans) names.push_back(timeline.spans[each].place);
  CHECK(names == Names{"local", "local/0", "main", "main/0", "main/0/request/0", "main/1",
                       "main/1/tool/0", "main/1/tool/1", "main/request/1"});
}

}  // namespace
}  // namespace azl::provision
