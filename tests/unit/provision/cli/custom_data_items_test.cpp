#include "provision/cli/custom_data_items.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace azl::provision {
namespace {

using custom_data::ItemPhase;
using custom_data::ItemRepeat;
using custom_data::ItemState;
using custom_data::RunScript;
using custom_data::StoredItem;
using custom_data::StoredItems;
using Words = std::vector<std::string>;

constexpr const char* kVmId = "11111111-2222-3333-4444-555555555555";

StepRecord step(std::string name, StepOutcome outcome, std::string why = {}) {
  StepRecord record;
  record.name = std::move(name);
  record.what = "what";
  record.outcome = outcome;
  record.why = std::move(why);
  record.start_us = 2'500'000;
  record.took_us = 1'500'000;
  return record;
}

StageRecord stage(Stage which, std::vector<StepRecord> steps) {
  StageRecord record;
  record.stage = which;
  record.vm_id = kVmId;
  record.started = "2026-11-29T13:38:02.250000+00:00";
  record.outcome = StageOutcome::kReady;
  record.steps = std::move(steps);
  return record;
}

ReportInputs inputs_of(std::vector<StageRecord> stages) {
  ReportInputs inputs;
  inputs.vm_id = kVmId;
  inputs.boot_id = "boot-1";
  inputs.boots.push_back({.boot_id = "boot-1", .stages = std::move(stages), .unread = {}});
  return inputs;
}

StoredItem stored(std::string id, ItemPhase phase, ItemState state = ItemState::kDue,
                  ItemRepeat repeat = ItemRepeat::kOnce) {
  return {.item = {.id = std::move(id),
                   .place = {.part = "part-001", .line = 3, .column = 1},
                   .phase = phase,
                   .repeat = repeat,
                   .what = "what it does",
                   .action = RunScript{.name = "x", .text = Secret("hunter2")}},
          .state = state};
}

/// "STATE PHASE ID" of each row, and "+" if it is stored.
Words shown(const std::vector<ItemRow>& rows) {
  Words words;
  for (const auto& row : rows)
    words.push_back(row.state + " " + row.phase + " " + row.id +
                    (row.stored.value_or(false) ? " +" : ""));
  return words;
}

}  // namespace

TEST_CASE("items are listed from records and from what is stored") {
  auto final_stage = stage(Stage::kCustomData,
                           {step("early", StepOutcome::kDone), step("read", StepOutcome::kDone),
                            step("programs", StepOutcome::kDone), step("lease", StepOutcome::kDone),
                            step("/var/lib/cloud/scripts/per-boot/a", StepOutcome::kDone),
                            step("runcmd", StepOutcome::kFailed, "it ended with exit status 3"),
                            step("final_message", StepOutcome::kRunning)});
  final_stage.outcome = StageOutcome::kInterrupted;
  auto early = stage(Stage::kCustomDataEarly,
                     {step("read", StepOutcome::kDone), step("bootcmd", StepOutcome::kDone),
                      step("write_files", StepOutcome::kDone, "wrote 2 files"),
                      step("erase", StepOutcome::kDone)});
  auto other = stage(Stage::kCustomDataEarly, {step("boothooks/x", StepOutcome::kDone)});
  other.vm_id = "99999999-2222-3333-4444-555555555555";
  auto main = stage(Stage::kMain, {step("user", StepOutcome::kDone)});
  const auto inputs =
      inputs_of({std::move(main), std::move(other), std::move(early), std::move(final_stage)});
  CHECK(shown(list_items(inputs, nullptr)) == Words{"done early bootcmd", "done early write_files",
                                                    "done final /var/lib/cloud/scripts/per-boot/a",
                                                    "failed final runcmd",
                                                    "interrupted final final_message"});
  StoredItems items = {.vm_id = kVmId, .source = "", .items = {}};
  items.items.push_back(
      stored("bootcmd", ItemPhase::kEarly, ItemState::kEnded, ItemRepeat::kEachBoot));
  items.items.push_back(stored("write_files/2", ItemPhase::kEarly, ItemState::kEnded));
  items.items.push_back(stored("scripts/z", ItemPhase::kFinal));
  items.items.push_back(stored("power_state", ItemPhase::kFinal, ItemState::kBegun));
  CHECK(shown(list_items(inputs, &items)) ==
        Words{"done early bootcmd +", "done early write_files", "ended early write_files/2 +",
              "done final /var/lib/cloud/scripts/per-boot/a", "failed final runcmd",
              "interrupted final final_message", "due final scripts/z +",
              "begun final power_state +"});
}

TEST_CASE("an item has when it began, how it ended, and its findings with advice") {
  auto final_stage =
      stage(Stage::kCustomData, {step("runcmd", StepOutcome::kFailed, "exit status 3")});
  FindingRecord finding;
  finding.severity = Severity::kDegraded;
  finding.step = "runcmd";
  finding.chain = {"part-001:3: runcmd", "exit status 3"};
  finding.advice = "Read its output";
  final_stage.findings.push_back(finding);
  finding.step = "lease";
  final_stage.findings.push_back(finding);
  CustomDataItems items = {.vm_id = kVmId,
                           .rows = list_items(inputs_of({std::move(final_stage)}), nullptr)};
  REQUIRE(items.rows.size() == 1);
  const auto& row = items.rows[0];
  CHECK(row.began == "2026-11-29T13:38:04+00:00");
  CHECK(row.took_us == 1'500'000);
  CHECK(row.boot_id == "boot-1");
  REQUIRE(row.findings.size() == 1);
  const auto text = describe_item(items, {});
  for (const auto* part : {"failed: runcmd", "2026-11-29 13:38:04 UTC, 1.50 s: exit status 3",
                           "Read its output.", "is erased"}) {
    CAPTURE(text);
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
  }
  CHECK(describe_items(items, {}).find("failed") == 0);
  const auto json = nlohmann::json::parse(items_to_json(items));
  CHECK(json.at("items").at(0).at("state") == "failed");
  CHECK(json.at("items").at(0).at("findings").size() == 1);
}

TEST_CASE("what is stored can be carried out again, and no value of it is shown") {
  StoredItems stored_items = {.vm_id = kVmId, .source = "", .items = {}};
  stored_items.items.push_back(stored("runcmd", ItemPhase::kFinal));
  CustomDataItems items = {.vm_id = kVmId, .rows = list_items(inputs_of({}), &stored_items)};
  const auto text = describe_item(items, {});
  CHECK(text.find("custom-data rerun 'runcmd'") != std::string::npos);
  CHECK(text.find("part-001, line 3") != std::string::npos);
  for (const auto& output : {text, describe_items(items, {}), items_to_json(items)})
    CHECK(output.find("hunter2") == std::string::npos);
}

TEST_CASE("what is not there is explained") {
  CustomDataItems items;
  CHECK(explain_no_items(items).find("No custom data") == 0);
  items.taken = true;
  CHECK(explain_no_items(items).find("Nothing of it is due") != std::string::npos);
  items.unread = true;
  CHECK(explain_no_items(items).find("custom-data-early.service") != std::string::npos);
  items.rows.push_back({.id = "runcmd"});
  const auto explain = [&](const std::string& id) { return explain_missing(items, id).at(0); };
  CHECK(explain("runcmd").find("is erased") != std::string::npos);
  CHECK(explain("runcdm").find("did you mean 'runcmd'?") != std::string::npos);
  CHECK(explain("zzz").find("custom-data list") != std::string::npos);
  CHECK(explain_missing(items, "zzz").size() == 1);
}

TEST_CASE("what could not be read is said, and nothing is claimed of it") {
  CustomDataItems items = {
      .rows = list_items(
          inputs_of({stage(Stage::kCustomDataEarly, {step("bootcmd", StepOutcome::kDone)})}),
          nullptr),
      .unseen = {"only root can read what is stored: run this with sudo"}};
  items.rows.at(0).stored.reset();
  const auto text = describe_item(find_item(items, "bootcmd"), {});
  CAPTURE(text);
  CHECK(text.find("erased") == std::string::npos);
  CHECK(text.find("not known") != std::string::npos);
  CHECK(text.find("run this with sudo") != std::string::npos);
  const auto json = nlohmann::json::parse(items_to_json(items));
  CHECK(json.at("items").at(0).at("stored").is_null());
  for (const auto* id : {"bootcmd", "zzz"})
    CHECK(explain_missing(items, id).back() == items.unseen.front());
  items.rows.clear();
  CHECK(explain_missing(items, "zzz").back() == items.unseen.front());
}

TEST_CASE("early and deferred files are different steps, and a file that is due has had none") {
  auto early = stage(Stage::kCustomDataEarly, {step("write_files", StepOutcome::kFailed, "full")});
  FindingRecord finding;
  finding.step = "write_files";
  finding.chain = {"part-001:3: write_files/2", "no space"};
  early.findings.push_back(finding);
  auto final_stage = stage(Stage::kCustomData, {step("write_files", StepOutcome::kDone, "wrote")});
  StoredItems stored_items = {.vm_id = kVmId, .source = "", .items = {}};
  stored_items.items.push_back(stored("write_files/1", ItemPhase::kEarly));
  stored_items.items.push_back(stored("write_files/2", ItemPhase::kEarly, ItemState::kEnded));
  stored_items.items.push_back(stored("write_files/3", ItemPhase::kFinal, ItemState::kEnded));
  stored_items.items.push_back(stored("write_files/4", ItemPhase::kFinal));
  const CustomDataItems items = {
      .rows = list_items(inputs_of({std::move(early), std::move(final_stage)}), &stored_items)};
  CAPTURE(join(shown(items.rows), ","));
  CHECK(shown(items.rows) == Words{"failed early write_files", "due early write_files/1 +",
                                   "ended early write_files/2 +", "done final write_files",
                                   "ended final write_files/3 +", "due final write_files/4 +"});
  const auto how = [&](const char* id) { return find_item(items, id).rows.at(0).how; };
  CHECK(how("write_files/1").empty());
  CHECK(how("write_files/2") == "full");
  CHECK(how("write_files/3") == "wrote");
  CHECK(how("write_files/4").empty());
  const auto both = find_item(items, "write_files");
  CHECK(shown(both.rows) == Words{"failed early write_files", "done final write_files"});
  const auto text = describe_item(both, {});
  CHECK(text.find("failed: write_files") == 0);
  CHECK(text.find("done: write_files") != std::string::npos);
}

}  // namespace azl::provision
