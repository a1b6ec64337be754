#include "provision/report/status.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/report_samples.h"

using namespace azl::provision;
using namespace azl::test;
using enum Stage;
using enum StageOutcome;

TEST_CASE("the status has an exit status and a sentence") {
  struct Row {
    std::string what;
    std::function<void(ReportInputs&)> change;
    int status;
    std::string sentence;
  };
  const auto stages = [](const std::vector<StageRecord>& records) {
    return [=](ReportInputs& inputs) { inputs.boots = {boot_of("now", records)}; };
  };
  const std::string done = "provisioned at 2026-01-02T03:04:05+00:00 by azl-provision";
  const std::string never = "azl-provision has not provisioned this VM";
  const std::vector<Row> rows = {
      {"the agent does not act here",
       [](ReportInputs& i) {
         i.here.acts = false;
         i.here.why_not = "nothing to do";
         set_provisioned(i);
       },
       3, "nothing to do"},
      {"not provisioned yet", [](ReportInputs&) {}, 3, never},
      {"done", [](ReportInputs& i) { set_provisioned(i); }, 0, done},
      {"done, stage link is running",
       [&](ReportInputs& i) {
         stages({stage_record(kLink, kRunning)})(i);
         set_provisioned(i);
       },
       0, done + "; stage link is running"},
      {"done, stage link was interrupted",
       [&](ReportInputs& i) {
         stages({stage_record(kLink, kInterrupted)})(i);
         set_provisioned(i);
       },
       0, done},
      {"done, VM id in the other byte order",
       [](ReportInputs& i) { set_provisioned(i, kVmSwapped); }, 0, done},
      {"another VM's state", [](ReportInputs& i) { set_provisioned(i, kOtherVm); }, 3, never},
      {"done, with warnings",
       [](ReportInputs& i) {
         set_provisioned(i);
         i.state.provisioned->degraded = true;
       },
       2, done + ", with warnings"},
      {"done, not reported",
       [](ReportInputs& i) {
         set_provisioned(i);
         i.state.untold.emplace();
       },
       2, done + "; the platform has not been told yet"},
      {"running", stages({stage_record(kLocal, kReady), stage_record(kMain, kRunning)}), 4,
       "stage main is running"},
      {"running a step",
       [](ReportInputs& i) {
         auto main = stage_record(kMain, kRunning);
         main.steps = {step_record("media", StepOutcome::kDone),
                       step_record("lease", StepOutcome::kRunning)};
         i.boots = {boot_of("now", {main})};
       },
       4, "stage main is running, step lease"},
      {"running a step that waits",
       [](ReportInputs& i) {
         auto main = stage_record(kMain, kRunning);
         main.began_us = 1'000'000;
         main.steps = {step_record("imds", StepOutcome::kRunning, "", 2'000'000)};
         main.steps[0].waits_for = "an answer from 169.254.169.254 port 80";
         main.steps[0].waits_until_us = 303'000'000;
         i.boots = {boot_of("now", {main})};
         i.here.now_us = 15'000'000;
       },
       4,
       "stage main is running, step imds, for 12 s, waiting for an answer from 169.254.169.254 "
       "port "
       "80, at most 288 s more"},
      {"the main stage left no record, because the disk is full",
       [](ReportInputs& i) {
         i.main_unrecorded = true;
         i.full = "/run";
       },
       1, "there is no record of the main stage, because the disk is full: /run has no space"},
      {"the main stage left no record", [](ReportInputs& i) { i.main_unrecorded = true; }, 1,
       "the main stage ended without a record"},
      {"a disk without its VM, whose last boot failed",
       [](ReportInputs& i) {
         i.here.acts = false;
         i.here.sees_firmware = false;
         i.boots = {boot_of("now", {stage_record(kMain, kFailed)})};
       },
       1,
       "provisioning failed on the last boot of this disk; 'azl-provision --report --root=DIR' "
       "shows "
       "why"},
      {"a disk without its VM that was provisioned",
       [](ReportInputs& i) {
         i.here.acts = false;
         i.here.sees_firmware = false;
         i.here.vm_id.clear();
         set_provisioned(i);
       },
       0, done},
      {"a disk without its VM and without records",
       [](ReportInputs& i) {
         i.here.acts = false;
         i.here.sees_firmware = false;
         i.here.why_not = "cannot see the firmware of this disk's VM";
       },
       3, "cannot see the firmware of this disk's VM"},
      {"interrupted at a step",
       [](ReportInputs& i) {
         auto main = stage_record(kMain, kInterrupted);
         main.steps = {step_record("media", StepOutcome::kDone),
                       step_record("lease", StepOutcome::kRunning)};
         i.boots = {boot_of("now", {main})};
       },
       1,
       "stage main was interrupted at step lease; to continue it, reboot or run 'azl-provision run "
       "--stage=main'"},
      {"local ready, main not started", stages({stage_record(kLocal, kReady)}), 4,
       "the main stage has not started yet"},
      {"failed", stages({stage_record(kLocal, kReady), stage_record(kMain, kFailed)}), 1,
       "provisioning failed on this boot; 'azl-provision --report' shows why"},
      {"failed, the report stage is running",
       stages({stage_record(kMain, kFailed), stage_record(kReport, kRunning)}), 1,
       "provisioning failed on this boot; 'azl-provision --report' shows why"},
      {"an earlier boot failed",
       [](ReportInputs& i) { i.boots = {boot_of("b1", {stage_record(kMain, kFailed)})}; }, 3,
       never},
      {"done, the report stage is running",
       [&](ReportInputs& i) {
         stages({stage_record(kMain, kReady), stage_record(kReport, kRunning)})(i);
         set_provisioned(i);
         i.state.untold.emplace();
       },
       2, done + "; the platform has not been told yet; stage report is running"},
      {"done, stage disks has warnings",
       [&](ReportInputs& i) {
         stages({stage_record(kMain, kReady), stage_record(kDisks, kDegraded)})(i);
         set_provisioned(i);
       },
       2, done + "; on this boot, stage disks has warnings"},
      {"done, stage disks was interrupted",
       [&](ReportInputs& i) {
         stages({stage_record(kMain, kReady), stage_record(kDisks, kInterrupted)})(i);
         set_provisioned(i);
       },
       2, done + "; on this boot, stage disks was interrupted"},
      {"done, stage disks was interrupted, stage link has warnings",
       [&](ReportInputs& i) {
         stages({stage_record(kDisks, kInterrupted), stage_record(kMain, kReady),
                 stage_record(kLink, kDegraded)})(i);
         set_provisioned(i);
       },
       2, done + "; on this boot, stage disks was interrupted and stage link has warnings"},
      {"stages disks and main were interrupted",
       [&](ReportInputs& i) {
         stages({stage_record(kDisks, kInterrupted), stage_record(kMain, kInterrupted)})(i);
       },
       1,
       "stage main was interrupted; to continue it, reboot or run 'azl-provision run "
       "--stage=main'"},
      {"enabled, but not started", [](ReportInputs& i) { i.here.will_start = true; }, 4,
       "the main stage has not started yet"},
      {"done, stage disks is running",
       [&](ReportInputs& i) {
         stages({stage_record(kMain, kReady), stage_record(kDisks, kRunning)})(i);
         set_provisioned(i);
       },
       0, done + "; stage disks is running"},
      {"no VM id, so the state does not count",
       [](ReportInputs& i) {
         set_provisioned(i, "");
         i.vm_id.clear();
       },
       3, never},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto inputs = inputs_with({});
    row.change(inputs);
    const auto status = decide_status(inputs);
    CHECK(status.exit_status == row.status);
    CHECK(status.sentence == row.sentence);
  }
}

TEST_CASE("the guest agent may start once the VM is provisioned, reported and handed over") {
  struct Row {
    std::string what;
    std::function<void(ReportInputs&)> change;
    bool may;
  };
  for (const auto& row : std::vector<Row>{
           {"reported", [](ReportInputs&) {}, true},
           {"not provisioned", [](ReportInputs& i) { i.state.provisioned.reset(); }, false},
           {"not reported", [](ReportInputs& i) { i.state.untold.emplace(); }, false},
           {"not handed over", [](ReportInputs& i) { i.state.guest_agent = false; }, false},
           {"another VM's state", [](ReportInputs& i) { i.state.vm_id = kOtherVm; }, false},
           {"no state", [](ReportInputs& i) { i.state = {}; }, false},
           {"this agent does not act here", [](ReportInputs& i) { i.here.acts = false; }, true},
           {"this agent does not act here and has no state",
            [](ReportInputs& i) {
              i.here.acts = false;
              i.state = {};
            },
            true}}) {
    CAPTURE(row.what);
    auto inputs = inputs_with({});
    set_provisioned(inputs);
    row.change(inputs);
    CHECK(guest_agent_may_start(inputs) == row.may);
  }
}
