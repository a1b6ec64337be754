#include "provision/cloud_init/status.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace azl::provision::cloud_init;
using namespace std::chrono_literals;

namespace {

constexpr azl::Duration kUptime = 100s;
const azl::WallTime kNow{1'795'959'482s};

/// A VM that was provisioned on this boot.
Situation provisioned() {
  Situation situation;
  situation.provisioned = situation.main_ended = situation.will_start = true;
  situation.boot.datasource = "DataSourceAzure [seed=/dev/sr0]";
  situation.boot.stages[1] = {.start = 12.34, .finished = 40, .recorded = true};
  return situation;
}

Status status_of(const Situation& situation) { return decide_status(situation, kUptime, kNow); }

}  // namespace

TEST_CASE("the status is cloud-init's word, exit status and whether --wait waits") {
  struct Row {
    std::string what;
    std::function<void(Situation&)> change;
    std::string state;
    std::string extended;
    int exit_status;
    bool waits;
  };
  const std::vector<Row> rows = {
      {"done", [](Situation&) {}, "done", "done", 0, false},
      {"a stage runs", [](Situation& s) { s.boot.running = "init"; }, "running", "running", 0,
       true},
      {"a stage runs by hand after everything has ended",
       [](Situation& s) {
         s.boot.running = "modules-final";
         s.boot.stages[3].recorded = true;
         s.finished = true;
       },
       "running", "running", 0, true},
      {"a stage that was killed at its beginning has left its name in status.json",
       [](Situation& s) {
         s.boot.running = "modules-final";
         s.finished = true;
       },
       "done", "done", 0, false},
      {"everything has ended, and the VM is not provisioned",
       [](Situation& s) {
         s.provisioned = s.main_ended = false;
         s.boot.datasource.clear();
         s.boot.stages[1].errors = {"e"};
         s.finished = true;
       },
       "error", "error - done", 1, false},
      {"custom data is due", [](Situation& s) { s.items_due = true; }, "running", "running", 0,
       true},
      {"cloud-final.service is still to come", [](Situation& s) { s.will_finish = true; },
       "running", "running", 0, true},
      {"it has run",
       [](Situation& s) {
         s.will_finish = s.finished = true;
         s.items_due = true;
       },
       "done", "done", 0, false},
      {"a warning", [](Situation& s) { s.boot.stages[1].warnings = {"w"}; }, "done",
       "degraded done", 2, false},
      {"a warning while it runs",
       [](Situation& s) {
         s.boot.stages[1].warnings = {"w"};
         s.will_finish = true;
       },
       "running", "degraded running", 2, true},
      {"an error",
       [](Situation& s) {
         s.boot.stages[3].errors = {"e"};
         s.boot.stages[1].warnings = {"w"};
       },
       "error", "error - done", 1, false},
      {"an error while it runs",
       [](Situation& s) {
         s.boot.stages[2].errors = {"e"};
         s.boot.running = "modules-final";
       },
       "error", "error - running", 1, true},
      {"provisioning failed",
       [](Situation& s) {
         s.provisioned = false;
         s.boot.datasource.clear();
         s.boot.stages[1].errors = {"e"};
       },
       "error", "error - done", 1, false},
      {"the main stage could not be recorded",
       [](Situation& s) {
         s.provisioned = s.main_ended = false;
         s.unrecorded = "the disk is full";
       },
       "error", "error - done", 1, false},
      {"a later boot, on which no stage had anything to do",
       [](Situation& s) {
         s.main_ended = false;
         s.boot.stages = {};
       },
       "done", "done", 0, false},
      {"the first boot, before stage main",
       [](Situation& s) {
         s.provisioned = s.main_ended = false;
         s.boot = {};
         s.boot.stages[0].recorded = true;
       },
       "running", "running", 0, true},
      {"the first boot, before any stage",
       [](Situation& s) {
         s.provisioned = s.main_ended = false;
         s.boot = {};
       },
       "not started", "not started", 0, true},
      {"not enabled, and never run",
       [](Situation& s) {
         s.provisioned = s.main_ended = s.will_start = false;
         s.boot = {};
       },
       "not started", "not started", 0, false},
      {"another agent acts here",
       [](Situation& s) {
         s.disabled = Disabled::kByAnythingElse;
         s.boot.stages[3].errors = {"e"};
         s.items_due = true;
       },
       "disabled", "disabled", 0, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto situation = provisioned();
    row.change(situation);
    const auto status = status_of(situation);
    CHECK(describe_state(status) == row.state);
    CHECK(describe_extended_state(status) == row.extended);
    CHECK(find_exit_status(status) == row.exit_status);
    CHECK(status.waits == row.waits);
    CHECK(print_tabular(status, false) == "status: " + row.state + "\n");
  }
}

TEST_CASE("the code and the detail say what keeps the agent from acting") {
  struct Row {
    Disabled disabled;
    std::string code;
  };
  const Row rows[] = {
      {Disabled::kNo, "enabled-by-generator"},
      {Disabled::kByMarkerFile, "disabled-by-marker-file"},
      {Disabled::kByKernelCommandLine, "disabled-by-kernel-command-line"},
      {Disabled::kByAnythingElse, "disabled-by-generator"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.code);
    auto situation = provisioned();
    situation.disabled = row.disabled;
    situation.why_disabled = "switched off";
    const auto status = status_of(situation);
    CHECK(status.code == row.code);
    CHECK((status.detail == "switched off") == (row.disabled != Disabled::kNo));
  }
}

TEST_CASE("what keeps stage main from being recorded is one error, and the detail") {
  Situation situation;
  situation.finished = true;
  situation.unrecorded = "the disk is full";
  CHECK(status_of(situation).errors == std::vector<std::string>{"the disk is full"});
  situation.boot.stages[1].errors = {"the disk is full"};
  CHECK(status_of(situation).errors == std::vector<std::string>{"the disk is full"});
  CHECK(status_of(situation).detail == "the disk is full");
  situation.unrecorded.clear();
  CHECK(status_of(situation).detail == "azl-provision has not provisioned this VM");
}

TEST_CASE("a stage that has ended is not shown as running") {
  auto situation = provisioned();
  situation.boot.running = "modules-final";
  situation.finished = true;
  CHECK(nlohmann::json::parse(print_json(status_of(situation))).at("stage").is_null());
}

TEST_CASE("the long form has cloud-init's lines") {
  auto situation = provisioned();
  CHECK(print_tabular(status_of(situation), true) ==
        "status: done\n"
        "extended_status: done\n"
        "boot_status_code: enabled-by-generator\n"
        "last_update: Sun, 29 Nov 2026 13:37:02 +0000\n"
        "detail: DataSourceAzure [seed=/dev/sr0]\n"
        "errors: []\n"
        "recoverable_errors: {}\n");

  situation.boot.stages[1].warnings = {"w1", "w2\nline"};
  situation.boot.stages[3] = {.start = 50, .errors = {"e1", "e2"}, .recorded = true};
  situation.boot.running = "modules-final";
  situation.boot.datasource.clear();
  CHECK(print_tabular(status_of(situation), true) ==
        "status: error\n"
        "extended_status: error - running\n"
        "boot_status_code: enabled-by-generator\n"
        "last_update: Sun, 29 Nov 2026 13:37:12 +0000\n"
        "detail: Running in stage: modules-final\n"
        "errors:\n\t- e1\n\t- e2\n"
        "recoverable_errors:\nWARNING:\n\t- w1\n\t- w2\\x0aline\n");

  CHECK(print_tabular(status_of({}), true) ==
        "status: not started\n"
        "extended_status: not started\n"
        "boot_status_code: enabled-by-generator\n"
        "detail: azl-provision has not provisioned this VM\n"
        "errors: []\n"
        "recoverable_errors: {}\n");
}

TEST_CASE("the JSON has cloud-init's members, sorted") {
  auto situation = provisioned();
  situation.boot.stages[3].errors = {"e \xC3\xA4"};
  const auto text = print_json(status_of(situation));
  CHECK(
      text.starts_with("{\n  \"boot_status_code\": \"enabled-by-generator\",\n"
                       "  \"datasource\": \"azure\",\n"));
  CHECK(text.find("\"e \\u00e4\"") != std::string::npos);
  const auto json = nlohmann::json::parse(text);
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"boot_status_code", "datasource", "detail", "errors",
                                          "extended_status", "init", "init-local", "last_update",
                                          "modules-config", "modules-final", "recoverable_errors",
                                          "stage", "status"});
  CHECK(json.at("init").at("start") == 12.34);
  CHECK(json.at("stage").is_null());
  CHECK(json.at("status") == "error");

  const auto nothing = nlohmann::json::parse(print_json(status_of({})));
  CHECK_FALSE(nothing.contains("init"));
  CHECK(nothing.at("datasource") == "");
  CHECK(nothing.at("last_update") == "");
}

TEST_CASE("the YAML is a document with cloud-init's layout") {
  CHECK(print_yaml(status_of({})) ==
        "---\n"
        "boot_status_code: enabled-by-generator\n"
        "datasource: ''\n"
        "detail: azl-provision has not provisioned this VM\n"
        "errors: []\n"
        "extended_status: not started\n"
        "last_update: ''\n"
        "recoverable_errors: {}\n"
        "status: not started\n"
        "...\n\n");
}

TEST_CASE("a program of custom data is told that it is running, whatever went wrong before") {
  auto situation = provisioned();
  situation.boot.running = "modules-final";
  situation.boot.stages[2].errors = {"e"};
  situation.boot.stages[1].warnings = {"w"};
  const auto status = make_running(status_of(situation));
  CHECK(describe_state(status) == "running");
  CHECK(find_exit_status(status) == 0);
  CHECK_FALSE(status.waits);
  situation.disabled = Disabled::kByMarkerFile;
  CHECK(describe_state(make_running(status_of(situation))) == "disabled");
}
