// Which boot a report is about, the status, and the lists. The text: report_text_test.cpp.
#include "provision/report/report.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "provision/engine/stage_run.h"
#include "tests/unit/provision/samples.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Reason;

namespace {

StageRecord stage_of(Stage stage, StageOutcome outcome) {
  StageRecord record;
  record.stage = stage;
  record.outcome = outcome;
  record.started = "2026-01-02T03:04:05.000000+00:00";
  record.course = "provision";
  return record;
}

BootRecords boot_of(const std::string& id, std::vector<StageRecord> stages) {
  return {.boot_id = id, .stages = std::move(stages), .unread = {}};
}

/// This VM, known and running as boot "now".
ReportInputs inputs_with(std::vector<BootRecords> boots) {
  ReportInputs inputs;
  inputs.here = true;
  inputs.vm_id = kVm;
  inputs.boots = std::move(boots);
  inputs.boot_id = "now";
  return inputs;
}

void provisioned(ReportInputs& inputs, const char* vm_id = kVm) {
  inputs.state.vm_id = vm_id;
  inputs.state.guest_agent = true;
  inputs.state.provisioned =
      Provisioned{.at = "2026-01-02T03:04:05+00:00", .by = "azl-provision", .boot_id = "b1"};
}

}  // namespace

TEST_CASE("a boot is chosen by number or id") {
  struct Row {
    std::string which;
    std::string boot;  ///< empty: an error
    bool earlier = false;
  };
  auto inputs = inputs_with({boot_of("b1", {}), boot_of("b2", {}), boot_of("now", {})});
  for (const auto& row : std::vector<Row>{{"0", "now"},
                                          {"-0", "now"},
                                          {"-1", "b2"},
                                          {"-2", "b1"},
                                          {"-3", ""},
                                          {"b1", "b1"},
                                          {"now", "now"},
                                          {"1", ""},
                                          {"+1", ""},
                                          {"", ""},
                                          {"-", ""},
                                          {"b3", ""},
                                          {"-1x", ""},
                                          {"0 ", ""},
                                          {"-2147483648", ""},
                                          {"-2147483649", ""},
                                          {"99999999999999999999", ""}}) {
    CAPTURE(row.which);
    const auto choice = choose_boot(inputs, row.which);
    REQUIRE(choice.has_value() == !row.boot.empty());
    if (!choice) {
      CHECK(choice.error().reason() == Reason::kUsage);
      continue;
    }
    REQUIRE(choice->boot != nullptr);
    CHECK(choice->boot->boot_id == row.boot);
    CHECK_FALSE(choice->earlier);
  }
}

TEST_CASE("where this boot has no record, 0 is the boot that provisioned") {
  auto inputs = inputs_with({boot_of("b1", {}), boot_of("b2", {})});
  provisioned(inputs);
  auto choice = choose_boot(inputs, "0");
  REQUIRE(choice);
  CHECK(choice->boot->boot_id == "b1");
  CHECK(choice->earlier);
  CHECK(choose_boot(inputs, "-1")->boot->boot_id == "b2");
  CHECK(choose_boot(inputs, "-2")->boot->boot_id == "b1");
  CHECK_FALSE(choose_boot(inputs, "-3"));

  inputs.state.provisioned->boot_id = "vacuumed";
  choice = choose_boot(inputs, "0");
  CHECK(choice->boot->boot_id == "b2");
  CHECK(choice->earlier);

  const auto none = inputs_with({});
  choice = choose_boot(none, "0");
  REQUIRE(choice);
  CHECK(choice->boot == nullptr);
  CHECK_FALSE(choose_boot(none, "-1"));
}

TEST_CASE("the status is told by number and sentence") {
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
  const std::string never = "this VM has not been provisioned by azl-provision";
  const std::vector<Row> rows = {
      {"not here",
       [](ReportInputs& i) {
         i.here = false;
         i.not_here_why = "nothing to do";
         provisioned(i);
       },
       3, "nothing to do"},
      {"nothing yet", [](ReportInputs&) {}, 3, never},
      {"done", [](ReportInputs& i) { provisioned(i); }, 0, done},
      {"done, a NIC is looked at meanwhile",
       [&](ReportInputs& i) {
         stages({stage_of(Stage::kLink, StageOutcome::kRunning)})(i);
         provisioned(i);
       },
       0, done},
      {"done, the look at a NIC was interrupted",
       [&](ReportInputs& i) {
         stages({stage_of(Stage::kLink, StageOutcome::kInterrupted)})(i);
         provisioned(i);
       },
       0, done},
      {"done, the other byte order", [](ReportInputs& i) { provisioned(i, kVmSwapped); }, 0, done},
      {"another VM's state", [](ReportInputs& i) { provisioned(i, kOtherVm); }, 3, never},
      {"with warnings",
       [](ReportInputs& i) {
         provisioned(i);
         i.state.provisioned->degraded = true;
       },
       2, done + ", with warnings"},
      {"not told",
       [](ReportInputs& i) {
         provisioned(i);
         i.state.untold.emplace();
       },
       2, done + "; the platform has not been told yet"},
      {"running",
       stages({stage_of(Stage::kLocal, StageOutcome::kReady),
               stage_of(Stage::kMain, StageOutcome::kRunning)}),
       4, "stage main is running"},
      {"running, with a step",
       [](ReportInputs& i) {
         auto main = stage_of(Stage::kMain, StageOutcome::kRunning);
         main.steps = {step_record("media", StepOutcome::kDone),
                       step_record("lease", StepOutcome::kRunning)};
         i.boots = {boot_of("now", {main})};
       },
       4, "stage main is running, step lease"},
      {"killed",
       [](ReportInputs& i) {
         auto main = stage_of(Stage::kMain, StageOutcome::kInterrupted);
         main.steps = {step_record("media", StepOutcome::kDone),
                       step_record("lease", StepOutcome::kRunning)};
         i.boots = {boot_of("now", {main})};
       },
       1,
       "stage main was interrupted at step lease; a reboot, or 'azl-provision run --stage=main', "
       "goes on from there"},
      {"between the stages", stages({stage_of(Stage::kLocal, StageOutcome::kReady)}), 4,
       "the main stage has not begun yet"},
      {"failed",
       stages({stage_of(Stage::kLocal, StageOutcome::kReady),
               stage_of(Stage::kMain, StageOutcome::kFailed)}),
       1, "provisioning failed on this boot; 'azl-provision --report' says why"},
      {"failed, being told by the report stage",
       stages({stage_of(Stage::kMain, StageOutcome::kFailed),
               stage_of(Stage::kReport, StageOutcome::kRunning)}),
       1, "provisioning failed on this boot; 'azl-provision --report' says why"},
      {"an earlier boot failed",
       [](ReportInputs& i) {
         i.boots = {boot_of("b1", {stage_of(Stage::kMain, StageOutcome::kFailed)})};
       },
       3, never},
      {"done, and the report stage goes on telling",
       [&](ReportInputs& i) {
         stages({stage_of(Stage::kMain, StageOutcome::kReady),
                 stage_of(Stage::kReport, StageOutcome::kRunning)})(i);
         provisioned(i);
         i.state.untold.emplace();
       },
       2, done + "; the platform has not been told yet"},
      {"done, and a disk could not be set up",
       [&](ReportInputs& i) {
         stages({stage_of(Stage::kMain, StageOutcome::kReady),
                 stage_of(Stage::kDisks, StageOutcome::kDegraded)})(i);
         provisioned(i);
       },
       2, done + "; on this boot, stage disks has warnings"},
      {"done, and the disks were not",
       [&](ReportInputs& i) {
         stages({stage_of(Stage::kMain, StageOutcome::kReady),
                 stage_of(Stage::kDisks, StageOutcome::kInterrupted)})(i);
         provisioned(i);
       },
       2, done + "; on this boot, stage disks was interrupted"},
      {"done, and the disks are being set up",
       [&](ReportInputs& i) {
         stages({stage_of(Stage::kMain, StageOutcome::kReady),
                 stage_of(Stage::kDisks, StageOutcome::kRunning)})(i);
         provisioned(i);
       },
       0, done},
      {"without a VM id nothing is ours",
       [](ReportInputs& i) {
         provisioned(i, "");
         i.vm_id.clear();
       },
       3, never},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto inputs = inputs_with({});
    row.change(inputs);
    const auto status = status_of(inputs);
    CHECK(status.exit_status == row.status);
    CHECK(status.sentence == row.sentence);
  }
}

TEST_CASE("the guest agent starts once the VM is provisioned, told and handed over") {
  struct Row {
    std::string what;
    std::function<void(ReportInputs&)> change;
    bool may;
  };
  for (const auto& row : std::vector<Row>{
           {"told", [](ReportInputs&) {}, true},
           {"not provisioned", [](ReportInputs& i) { i.state.provisioned.reset(); }, false},
           {"not told", [](ReportInputs& i) { i.state.untold.emplace(); }, false},
           {"not handed over", [](ReportInputs& i) { i.state.guest_agent = false; }, false},
           {"another VM's state", [](ReportInputs& i) { i.state.vm_id = kOtherVm; }, false},
           {"nothing known", [](ReportInputs& i) { i.state = {}; }, false},
           {"this agent does not act here", [](ReportInputs& i) { i.here = false; }, true},
           {"nor ever did",
            [](ReportInputs& i) {
              i.here = false;
              i.state = {};
            },
            true}}) {
    CAPTURE(row.what);
    auto inputs = inputs_with({});
    provisioned(inputs);
    row.change(inputs);
    CHECK(guest_agent_may_start(inputs) == row.may);
  }
}

TEST_CASE("the list has a line for each boot, with the number that --boot takes") {
  auto inputs = inputs_with({boot_of("b1", {stage_of(Stage::kLocal, StageOutcome::kReady),
                                            stage_of(Stage::kMain, StageOutcome::kDegraded)}),
                             boot_of("b2", {}),
                             boot_of("now", {stage_of(Stage::kMain, StageOutcome::kRunning)})});
  CHECK(report_list(inputs) ==
        "  -2  b1  2026-01-02T03:04:05  local: ready  main: degraded\n"
        "  -1  b2\n"
        "   0  now  2026-01-02T03:04:05  main: running\n");
  inputs.boot_id = "later";
  CHECK(report_list(inputs).starts_with("  -3  b1"));
  CHECK(report_list(inputs_with({})) == "no records\n");
  auto hostile = stage_of("main\x1b[2J", "re\nady");
  hostile.started = "x\x07";
  CHECK(report_list(inputs_with({boot_of("b\x1b", {hostile})})) ==
        "  -1  b\\x1b  x\\x07  main\\x1b[2J: re\\x0aady\n");
}

TEST_CASE("the report as JSON has the outcome and the records") {
  auto inputs = inputs_with({boot_of("now", {stage_of(Stage::kLocal, StageOutcome::kReady),
                                             stage_of(Stage::kMain, StageOutcome::kReady)})});
  provisioned(inputs);
  inputs.unseen = {"a \xFF file"};
  const auto json = nlohmann::json::parse(report_json(inputs, *choose_boot(inputs, "0")));
  CHECK(json.at("schema_version") == 1);
  CHECK(json.at("outcome") == "ready");
  CHECK(json.at("summary") == "provisioned at 2026-01-02T03:04:05+00:00 by azl-provision");
  CHECK(json.at("vm_id") == kVm);
  CHECK(json.at("boot_id") == "now");
  CHECK(json.at("earlier_boot") == false);
  CHECK(json.at("unseen")[0] == "a \xEF\xBF\xBD file");
  CHECK(json.at("state").at("vm_id") == kVm);
  REQUIRE(json.at("stages").size() == 2);
  CHECK(json.at("stages")[1].at("stage") == "main");

  ReportInputs empty;
  empty.boot_id = "now";
  const auto nothing = nlohmann::json::parse(report_json(empty, {}));
  CHECK(nothing.at("outcome") == "not-here");
  CHECK(nothing.at("state").is_null());
  CHECK(nothing.at("stages").empty());
  CHECK(nothing.at("boot_id") == "now");
}

TEST_CASE("the report is gathered from a tree, and says what can't be seen") {
  TemporaryTree tree;
  tree.write("sys/class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77")
      .write("proc/sys/kernel/random/boot_id", "now\n")
      .write("var/lib/azl-provision/boots/b1/main.json", "garbage");
  auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  State state;
  state.vm_id = kVm;
  REQUIRE(save_state(*root, state));
  auto inputs = gather_report(*root);
  CHECK(inputs.here);
  CHECK(inputs.vm_id == kVm);  // the firmware's can't be read: the remembered one
  CHECK(inputs.boot_id == "now");
  REQUIRE_FALSE(inputs.unseen.empty());
  CHECK(inputs.unseen.back().find("b1/main.json") != std::string::npos);

  tree.write("var/lib/azl-provision/state.json", "garbage");
  inputs = gather_report(*root);
  CHECK(inputs.state.vm_id.empty());
  REQUIRE_FALSE(inputs.unseen.empty());
  CHECK(inputs.unseen.front() ==
        "reading /var/lib/azl-provision/state.json: it is not JSON (line 1, column 1)");
}
