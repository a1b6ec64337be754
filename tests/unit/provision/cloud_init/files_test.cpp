#include "provision/cloud_init/files.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/report_samples.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using namespace azl::provision::cloud_init;
using namespace azl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* kStatus = "run/cloud-init/status.json";
constexpr const char* kResult = "run/cloud-init/result.json";
constexpr const char* kFinished = "var/lib/cloud/instance/boot-finished";
const azl::WallTime kNow{1'795'959'482s};

struct Files {
  TemporaryTree tree;
  azl::Root root = azl::Root::open(tree.path()).value();
  ReportInputs inputs = inputs_with({});

  [[nodiscard]] json v1(const char* file) const { return json::parse(tree.read(file)).at("v1"); }
};

json variables() {
  return json::parse(
      R"json({"ds": {"meta_data": {"local-hostname": "web"}}, "sys_info": {"system": "Linux"},
              "v1": {"instance_id": "i-1", "region": "westeurope",
                     "subplatform": "config-disk (/dev/sr0)"},
              "region": "westeurope"})json");
}

}  // namespace

TEST_CASE("boot-finished says when, as cloud-init does") {
  CHECK(describe_finish(12'345'678us, kNow) ==
        "12.35 - Sun, 29 Nov 2026 13:38:02 +0000 - v. 25.1 (azl-provision " AZL_VERSION ")\n");
}

TEST_CASE("the last line of the output is cloud-init's") {
  CHECK(describe_final_line("DataSourceAzure [seed=/dev/sr0]", 12'345'678us, kNow) ==
        "Cloud-init v. 25.1 (azl-provision " AZL_VERSION
        ") finished at Sun, 29 Nov 2026 13:38:02 +0000. Datasource DataSourceAzure "
        "[seed=/dev/sr0].  Up 12.35 seconds");
  CHECK(describe_final_line("", 1s, kNow).contains(" Datasource DataSourceNone.  Up 1.00 seconds"));
}

TEST_CASE("the data source has cloud-init's name for Azure and the seed") {
  struct Row {
    std::string subplatform;
    std::string datasource;
  };
  const Row rows[] = {
      {"config-disk (/dev/sr0)", "DataSourceAzure [seed=/dev/sr0]"},
      {"imds (IMDS)", "DataSourceAzure [seed=IMDS]"},
      {"unknown (None)", "DataSourceAzure [seed=None]"},
      {"rubbish", "DataSourceAzure"},
      {"", "DataSourceAzure"},
  };
  for (const auto& row : rows)
    CHECK(describe_datasource({{"v1", {{"subplatform", row.subplatform}}}}) == row.datasource);
  CHECK(describe_datasource(json::object()) == "DataSourceAzure");
}

TEST_CASE("what is no public key may be a secret, and is left out") {
  const json keys = {kKey1, "planted-secret", "ssh-ed25519 planted-secret", 7, kKey2};
  json public_keys = json::array();
  for (const auto& key : keys) public_keys.push_back({{"keyData", key}, {"path", "x"}});
  const auto text = instance_data_to_json(
      {{"v1", {{"public_ssh_keys", keys}}},
       {"ds", {{"meta_data", {{"imds", {{"compute", {{"publicKeys", public_keys}}}}}}}}}});
  CHECK(text.find("planted-secret") == std::string::npos);
  const auto data = json::parse(text);
  CHECK(data["v1"]["public_ssh_keys"] == json{kKey1, kKey2});
  CHECK(data["ds"]["meta_data"]["imds"]["compute"]["publicKeys"].size() == 2);
  CHECK(json::parse(instance_data_to_json({{"v1", {{"public_ssh_keys", nullptr}}}}))["v1"]
            .at("public_ssh_keys")
            .is_null());
}

TEST_CASE("the files of a boot follow its stages") {
  Files files;
  const auto& root = files.root;
  files.tree.write(kFinished, "of the last boot").write(kResult, "of the last run");
  REQUIRE(forget_finish(root));
  CHECK_FALSE(files.tree.exists(kFinished));
  CHECK_FALSE(files.tree.exists(kResult));

  REQUIRE(write_begin(root, files.inputs, Stage::kMain, 10s));
  CHECK(files.v1(kStatus).at("stage") == "init");
  CHECK(files.v1(kStatus).at("datasource").is_null());
  CHECK_FALSE(files.tree.exists(kResult));

  set_provisioned(files.inputs);
  files.inputs.boots = {boot_of("now", {stage_record(Stage::kMain, StageOutcome::kDegraded)})};
  files.inputs.boots.front().stages.front().findings.push_back({.severity = Severity::kDegraded,
                                                                .step = "imds",
                                                                .reason = {},
                                                                .chain = {"w"},
                                                                .advice = {}});
  REQUIRE(write_end(root, files.inputs, Stage::kMain, 20s, false));
  CHECK(files.v1(kStatus).at("stage").is_null());
  CHECK(files.v1(kStatus).at("datasource") == "DataSourceAzure");
  CHECK(files.v1(kStatus).at("init").at("recoverable_errors").at("WARNING") ==
        std::vector<std::string>{"w"});
  CHECK_FALSE(files.tree.exists(kResult));

  REQUIRE(write_begin(root, files.inputs, Stage::kCustomData, 30s));
  CHECK(files.v1(kStatus).at("stage") == "modules-final");
  REQUIRE(write_end(root, files.inputs, Stage::kCustomData, 40s, false));
  REQUIRE(write_finish(root, files.inputs, 40s, kNow, {}));
  CHECK(files.v1(kStatus).at("stage").is_null());
  CHECK(files.v1(kResult).at("errors").empty());
  CHECK(files.tree.read(kFinished).starts_with("40.00 - "));
  // That would say that cloud-init provisioned the VM.
  CHECK_FALSE(files.tree.exists("var/lib/cloud/data/instance-id"));
}

TEST_CASE("a boot that ends without what was to be done has an error") {
  struct Row {
    std::string what;
    std::function<void(ReportInputs&)> change;
    std::vector<Stage> due;
    std::vector<std::string> init;
    std::vector<std::string> early;
    std::vector<std::string> final_stage;
  };
  const std::vector<std::string> none;
  const std::vector<std::string> unprovisioned = {"azl-provision has not provisioned this VM"};
  const std::vector<std::string> not_run = {"custom data is due, and this stage has not run"};
  const auto record = [](Stage stage, StageOutcome outcome) {
    return [stage, outcome](ReportInputs& inputs) {
      inputs.boots = {boot_of("now", {stage_record(stage, outcome)})};
    };
  };
  const auto provisioned = [](ReportInputs& inputs) { set_provisioned(inputs); };
  const std::vector<Row> rows = {
      {"nothing has run", [](ReportInputs&) {}, {}, unprovisioned, none, none},
      {"only stage local has run",
       record(Stage::kLocal, StageOutcome::kReady),
       {},
       unprovisioned,
       none,
       none},
      {"another VM was provisioned",
       [](ReportInputs& inputs) {
         set_provisioned(inputs, "11111111-2222-3333-4444-555555555555");
       },
       {},
       unprovisioned,
       none,
       none},
      {"stage main left no record",
       [](ReportInputs& inputs) { inputs.main_unrecorded = true; },
       {},
       {"the main stage ended without a record"},
       none,
       none},
      {"stage main failed",
       record(Stage::kMain, StageOutcome::kFailed),
       {},
       {"stage main failed"},
       none,
       none},
      {"stage local was killed, which is known",
       record(Stage::kLocal, StageOutcome::kInterrupted),
       {},
       none,
       none,
       none},
      {"an earlier boot provisioned the VM", provisioned, {}, none, none, none},
      {"both stages of custom data are due",
       provisioned,
       {Stage::kCustomDataEarly, Stage::kCustomData},
       none,
       not_run,
       not_run},
      {"one has run, and has more on the next boot",
       [&](ReportInputs& inputs) {
         set_provisioned(inputs);
         record(Stage::kCustomDataEarly, StageOutcome::kReady)(inputs);
       },
       {Stage::kCustomDataEarly, Stage::kCustomData},
       none,
       none,
       not_run},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Files files;
    row.change(files.inputs);
    REQUIRE(write_finish(files.root, files.inputs, 1s, kNow, row.due));
    const auto status = files.v1(kStatus);
    CHECK(status.at("init").at("errors") == row.init);
    CHECK(status.at("modules-config").at("errors") == row.early);
    CHECK(status.at("modules-final").at("errors") == row.final_stage);
    std::size_t errors = 0;
    for (const auto stage : kStageNames) errors += status.at(stage).at("errors").size();
    CHECK(files.v1(kResult).at("errors").size() == errors);
  }
}

TEST_CASE("a stage that failed and left no record is an error, until it runs again") {
  Files files;
  set_provisioned(files.inputs);
  const auto& root = files.root;
  REQUIRE(write_begin(root, files.inputs, Stage::kCustomData, 1s));
  REQUIRE(write_end(root, files.inputs, Stage::kCustomData, 2s, true));
  const auto errors = [&] { return files.v1(kStatus).at("modules-final").at("errors"); };
  CHECK(errors() == std::vector<std::string>{"stage custom-data failed"});
  const std::vector<Stage> due = {Stage::kCustomData};
  REQUIRE(write_finish(root, files.inputs, 3s, kNow, due));
  CHECK(files.v1(kResult).at("errors") == errors());

  REQUIRE(write_begin(root, files.inputs, Stage::kCustomData, 4s));
  files.inputs.boots = {boot_of("now", {stage_record(Stage::kCustomData, StageOutcome::kReady)})};
  REQUIRE(write_end(root, files.inputs, Stage::kCustomData, 5s, true));
  CHECK(errors().empty());

  files.inputs.main_unrecorded = true;
  REQUIRE(write_end(root, files.inputs, Stage::kMain, 6s, true));
  CHECK(files.v1(kStatus).at("init").at("errors") ==
        std::vector<std::string>{"the main stage ended without a record"});
}

TEST_CASE("a stage that another process still runs has not ended") {
  Files files;
  files.inputs.boots = {boot_of("now", {stage_record(Stage::kCustomData, StageOutcome::kRunning)})};
  REQUIRE(write_end(files.root, files.inputs, Stage::kCustomData, 20s, false));
  CHECK(files.v1(kStatus).at("stage") == "modules-final");
}

TEST_CASE("stages that cloud-init does not have write nothing") {
  for (const auto stage : {Stage::kDisks, Stage::kLink, Stage::kReport, Stage::kClose}) {
    const Files files;
    REQUIRE(write_begin(files.root, files.inputs, stage, 1s));
    REQUIRE(write_end(files.root, files.inputs, stage, 2s, false));
    CHECK_FALSE(files.tree.exists("run"));
  }
}

TEST_CASE("a link that cloud-init has left, and that leads nowhere, becomes a directory") {
  Files files;
  files.tree.mkdir("var/lib/cloud")
      .symlink("/var/lib/cloud/instances/gone", "var/lib/cloud/instance");
  REQUIRE(write_finish(files.root, files.inputs, 1s, kNow, {}));
  CHECK(files.tree.exists(kFinished));
  CHECK_FALSE(files.tree.exists("var/lib/cloud/instances"));
}

TEST_CASE("a boot ends also if boot-finished cannot be written") {
  Files files;
  files.tree.write("var/lib/cloud/instance", "no directory");
  CHECK_FALSE(write_finish(files.root, files.inputs, 1s, kNow, {}).has_value());
  CHECK(files.tree.exists(kResult));
}

TEST_CASE("the variables are kept, and shown on each boot of the VM that they are of") {
  const Files files;
  const auto& root = files.root;
  CHECK_FALSE(read_instance_data(root).has_value());
  REQUIRE(write_instance_data(root, "i-1"));
  CHECK_FALSE(files.tree.exists("run"));

  REQUIRE(keep_instance_data(root, variables()));
  // A captured image has those of another VM.
  REQUIRE(write_instance_data(root, "i-2"));
  CHECK_FALSE(files.tree.exists("run"));
  CHECK_FALSE(read_instance_data(root).has_value());
  REQUIRE(write_instance_data(root, "i-1"));
  CHECK(read_instance_data(root).has_value());
  const auto data = json::parse(files.tree.read("run/cloud-init/instance-data.json"));
  CHECK(data.at("v1").at("region") == "westeurope");
  CHECK(data.at("sensitive_keys").empty());
  // The names at the top are added where variables are looked up.
  CHECK_FALSE(data.contains("region"));
  CHECK(read_boot_status(root, files.inputs).datasource.empty());
}

TEST_CASE("a damaged file is as if it were not there") {
  Files files;
  files.tree.write(kStatus, "{").write("run/cloud-init/instance-data.json", "[]");
  CHECK(read_boot_status(files.root, files.inputs) == BootStatus{});
  CHECK_FALSE(read_instance_data(files.root).has_value());
}

TEST_CASE("what was written can be removed") {
  Files files;
  REQUIRE(keep_instance_data(files.root, variables()));
  REQUIRE(write_instance_data(files.root, "i-1"));
  REQUIRE(write_finish(files.root, files.inputs, 1s, kNow, {}));
  const std::string data = "var/lib/cloud/data";
  files.tree.mkdir(data)
      .symlink("/run/cloud-init/status.json", data + "/status.json")
      .symlink("/run/cloud-init/result.json", data + "/result.json");
  const auto removed = remove_files(files.root);
  REQUIRE(removed);
  CHECK(removed->size() == 7);
  for (const auto& path : *removed) CHECK_FALSE(files.tree.exists(path));
  CHECK_FALSE(files.tree.exists(data));
  CHECK(remove_files(files.root).value().empty());

  // What cloud-init has left is not removed.
  files.tree.write(data + "/instance-id", "i");
  CHECK(remove_files(files.root).value().empty());
  CHECK(files.tree.exists(data + "/instance-id"));
}
