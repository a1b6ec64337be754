#include "provision/record/record.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/record/advice.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::Error;
using azl::Reason;
using azl::Root;
using azl::test::TemporaryTree;

namespace {

using Words = std::vector<std::string>;

Root root_of(const TemporaryTree& tree) {
  auto root = Root::open(tree.path());
  REQUIRE(root);
  return std::move(*root);
}

StageRecord record_of(const std::string& boot, Stage stage,
                      const std::string& started = "2026-01-02T03:04:05.000000+00:00") {
  StageRecord record;
  record.stage = stage;
  record.boot_id = boot;
  record.started = started;
  record.outcome = StageOutcome::kReady;
  return record;
}

/// Sets the modification time of a boot's records to `hours` ago.
void age(const TemporaryTree& tree, const std::string& boot, int hours) {
  const auto directory = tree.path(std::string(kBootsDirectory) + "/" + boot);
  for (const auto& file : std::filesystem::directory_iterator(directory))
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
}

void running_boot(TemporaryTree& tree, const std::string& id) {
  tree.write("proc/sys/kernel/random/boot_id", id + "\n");
}

Words ids(const std::vector<BootRecords>& boots) {
  Words result;
  for (const auto& boot : boots) result.push_back(boot.boot_id);
  return result;
}

Words stages(const BootRecords& boot) {
  Words result;
  for (const auto& stage : boot.stages)
    result.push_back(std::string(to_string(stage.stage)) + " " +
                     std::string(to_string(stage.outcome)));
  return result;
}

}  // namespace

TEST_CASE("a record is parsed as it was written") {
  StageRecord record = record_of("b-1", Stage::kMain);
  record.agent = "azl-provision/0.1.0";
  record.vm_id = "v";
  record.root = "/";
  record.sequence = 11;
  record.since_boot_us = 1;
  record.began_us = 12;
  record.took_us = 2;
  record.course = "provision";
  record.course_why = "because";
  record.hostname = "web-1";
  record.exit_status = 2;
  record.cpu_us = 3;
  record.children_cpu_us = 4;
  record.max_rss_kib = 5;
  record.steps = {{.name = "user",
                   .what = "make the user",
                   .outcome = StepOutcome::kDone,
                   .why = "created",
                   .start_us = 6,
                   .took_us = 7,
                   .tools = {{.program = "useradd", .wall_us = 8, .cpu_us = 9, .ok = false}}}};
  record.findings = {{Severity::kDegraded, "decide", "group", {"a", "b"}, "do"}};
  record.attempts = {{"IMDS", "GET /", "2026", 10, 503, "503"}};
  record.links = {{"eth0", "00:0d", "hv_netvsc", "synthetic", "why", true, {"10.0.0.4/24"}}};
  record.links[0].acceleration = {.accelerated = true,
                                  .vf = "vf0",
                                  .driver = "mana",
                                  .pci = "0001:00:00.0",
                                  .enslaved = true,
                                  .received = 1,
                                  .sent = 2,
                                  .why = "accelerated"};
  record.user = {"ann", {"wheel"}, "locked", {{"ssh-ed25519", "SHA256:x", "y"}}};
  record.host_keys = {{"rsa", "SHA256:z", "made"}};
  record.told = {{"KVP", "Ready", "pool 1", "2026", true, ""}};
  const auto again = parse_record(to_json(record));
  REQUIRE_MESSAGE(again, again.error().to_string());
  CHECK(to_json(*again) == to_json(record));  // every member survives
  CHECK(again->steps[0].tools[0].program == "useradd");
  CHECK_FALSE(again->steps[0].tools[0].ok);
  CHECK(again->findings[0].chain == Words{"a", "b"});
  CHECK(again->attempts[0].status == 503);
  CHECK(again->links[0].primary);
  CHECK(again->links[0].acceleration.sent == 2);
  CHECK(again->user.keys[0].fingerprint == "SHA256:x");
  CHECK(again->told[0].delivered);
  CHECK(again->exit_status == 2);
}

TEST_CASE("missing members get their defaults, and unknown members are ignored") {
  const auto record = parse_record(
      R"({"schema_version": 1, "stage": "main", "new": {"a": [1]}, "steps": [{"name": "x", "y": 1}]})");
  REQUIRE(record);
  CHECK(record->stage == Stage::kMain);
  CHECK(record->outcome == StageOutcome::kRunning);
  CHECK(record->took_us == 0);
  REQUIRE(record->steps.size() == 1);
  CHECK(record->steps[0].name == "x");
  CHECK(record->steps[0].tools.empty());
}

TEST_CASE("text that is not a record is an error") {
  for (const std::string text :
       {"", "{", "[]", "null", "7", "{}", R"({"schema_version": 2})", R"({"schema_version": "1"})",
        R"({"schema_version": 1, "steps": 7})", R"({"schema_version": 1, "stage": []})",
        R"({"schema_version": 1, "took_us": "long"})", R"({"schema_version": 1, "stage": "Main"})",
        R"({"schema_version": 1, "outcome": "fine"})",
        R"({"schema_version": 1, "findings": [{"severity": 1}]})", "\xFF\x01\x02"}) {
    CAPTURE(text);
    const auto record = parse_record(text);
    REQUIRE_FALSE(record);
    CHECK(record.error().reason() == Reason::kState);
  }
}

TEST_CASE("a record with invalid UTF-8 is written and parsed") {
  auto record = record_of("b", Stage::kMain);
  record.hostname = "web\xFF";
  const auto again = parse_record(to_json(record));
  REQUIRE(again);
  CHECK(again->hostname == "web\xEF\xBF\xBD");
}

TEST_CASE("a finding holds an error's chain, reason name and advice") {
  const auto finding =
      to_finding(Error(Reason::kGroup, "none").with_context("adding"), Severity::kDegraded, "user");
  CHECK(finding.severity == Severity::kDegraded);
  CHECK(finding.step == "user");
  CHECK(finding.reason == "group");
  CHECK(finding.chain == Words{"adding", "none"});
  CHECK(finding.advice == advice_for(Reason::kGroup).text);
  CHECK(finding.cause.empty());
}

TEST_CASE("a finding of a known cause holds its name and its advice") {
  const auto finding = to_finding(Error(azl::Cause::kNoShell, "none"), Severity::kDegraded, "user");
  CHECK(finding.reason == "user");
  CHECK(finding.cause == "no-shell");
  CHECK(finding.advice == advice_for(azl::Cause::kNoShell));
}

TEST_CASE("records are kept for this boot, the provisioning boot and the newest other boots") {
  struct Row {
    int keep;
    Words left;
  };
  const std::vector<Row> rows = {
      {1, {"b1", "now"}},  // b1 is the boot that provisioned the VM
      {2, {"b1", "now"}},
      {3, {"b2", "b1", "now"}},
      {4, {"b3", "b2", "b1", "now"}},
      {9, {"b3", "b2", "b1", "now"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.keep);
    TemporaryTree tree;
    const auto root = root_of(tree);
    running_boot(tree, "now");
    for (int i = 1; i <= 3; ++i) {
      const auto boot = "b" + std::to_string(i);
      REQUIRE(save_record(root, record_of(boot, Stage::kLocal), 9));
      REQUIRE(save_record(root, record_of(boot, Stage::kMain), 9));
      age(tree, boot, i);
    }
    REQUIRE(save_record(root, record_of("now", Stage::kLocal), row.keep));
    CHECK(ids(load_boots(root)) == row.left);
    for (const auto& boot : Words{"b1", "b2", "b3", "now"})
      CHECK(tree.exists(std::string(kBootsDirectory) + "/" + boot) ==
            (std::ranges::find(row.left, boot) != row.left.end()));
  }
}

TEST_CASE("records of later disk runs do not displace the record of the provisioning boot") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  REQUIRE(save_record(root, record_of("first", Stage::kMain), 2));
  age(tree, "first", 9);
  for (int i = 1; i <= 4; ++i) {
    const auto boot = "b" + std::to_string(i);
    running_boot(tree, boot);
    REQUIRE(save_record(root, record_of(boot, Stage::kDisks), 2));
    age(tree, boot, 9 - i);
  }
  CHECK(tree.exists(std::string(kBootsDirectory) + "/first"));
  CHECK_FALSE(tree.exists(std::string(kBootsDirectory) + "/b2"));
  running_boot(tree, "again");
  REQUIRE(save_record(root, record_of("again", Stage::kMain), 2));
  CHECK_FALSE(tree.exists(std::string(kBootsDirectory) + "/first"));
}

TEST_CASE("a second run of a stage replaces the stage's record") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  running_boot(tree, "now");
  REQUIRE(save_record(root, record_of("now", Stage::kMain), 3));
  auto again = record_of("now", Stage::kMain);
  again.outcome = StageOutcome::kDegraded;
  REQUIRE(save_record(root, again, 3));
  const auto boots = load_boots(root);
  REQUIRE(boots.size() == 1);
  CHECK(stages(boots[0]) == Words{"main degraded"});
}

TEST_CASE("stages are sorted by start time, and this boot is the last") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  running_boot(tree, "now");
  REQUIRE(save_record(root, record_of("old", Stage::kMain, "2026-01-01T00:00:02+00:00"), 9));
  REQUIRE(save_record(root, record_of("old", Stage::kLocal, "2026-01-01T00:00:01+00:00"), 9));
  REQUIRE(save_record(root, record_of("now", Stage::kReport, "2026-01-02T00:00:03+00:00"), 9));
  REQUIRE(save_record(root, record_of("now", Stage::kLocal, "2026-01-02T00:00:01+00:00"), 9));
  REQUIRE(save_record(root, record_of("now", Stage::kMain, "2026-01-02T00:00:02+00:00"), 9));
  for (const int hours : {0, 5}) {  // 5: the clock went back after this boot wrote its record
    CAPTURE(hours);
    age(tree, "old", 1);
    age(tree, "now", hours);
    const auto boots = load_boots(root);
    REQUIRE(ids(boots) == Words{"old", "now"});
    CHECK(stages(boots[0]) == Words{"local ready", "main ready"});
    CHECK(stages(boots[1]) == Words{"local ready", "main ready", "report ready"});
  }
}

TEST_CASE("a clock that was set back does not hide a running stage, nor change the order") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  running_boot(tree, "now");
  auto local = record_of("now", Stage::kLocal, "2026-01-02T03:04:05+00:00");
  local.sequence = next_sequence(root);
  CHECK(local.sequence == 1);
  REQUIRE(save_record(root, local, 9));
  auto failed = record_of("now", Stage::kMain, "2026-01-02T03:04:06+00:00");
  failed.sequence = next_sequence(root);
  failed.outcome = StageOutcome::kFailed;
  REQUIRE(save_record(root, failed, 9));
  // The clock went back by a day; the stage runs again.
  auto running = record_of("now", Stage::kMain, "2026-01-01T00:00:00+00:00");
  running.sequence = next_sequence(root);
  CHECK(running.sequence == 3);
  running.outcome = StageOutcome::kRunning;
  tree.mkdir("run/azl-provision");
  REQUIRE(write_running_record(root, running));
  CHECK(next_sequence(root) == 4);
  CHECK(stages(load_boots(root)[0]) == Words{"local ready", "main running"});
  // The same run, once it has saved its record and was killed before it removed the other one.
  running.outcome = StageOutcome::kReady;
  REQUIRE(save_record(root, running, 9));
  CHECK(stages(load_boots(root)[0]) == Words{"local ready", "main ready"});
}

TEST_CASE("boots are ordered by sequence, and records of older versions come first") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  running_boot(tree, "now");
  struct Row {
    std::string boot;
    std::int64_t sequence;
    int hours_ago;
  };
  for (const auto& row :
       std::vector<Row>{{"old-a", 0, 2}, {"old-b", 0, 1}, {"c", 5, 9}, {"d", 4, 3}}) {
    auto record = record_of(row.boot, Stage::kMain);
    record.sequence = row.sequence;
    REQUIRE(save_record(root, record, 9));
    age(tree, row.boot, row.hours_ago);
  }
  CHECK(ids(load_boots(root)) == Words{"old-a", "old-b", "d", "c"});
}

TEST_CASE(
    "a finished record that could not be saved is kept in /run, and is not an unfinished one") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  running_boot(tree, "now");
  auto record = record_of("now", Stage::kMain);
  record.outcome = StageOutcome::kRunning;
  CHECK_FALSE(has_unfinished_record(root, Stage::kMain));
  tree.mkdir("run/azl-provision");
  REQUIRE(write_running_record(root, record));
  CHECK(has_unfinished_record(root, Stage::kMain));
  record.outcome = StageOutcome::kFailed;
  REQUIRE(keep_in_run(root, record));
  CHECK_FALSE(has_unfinished_record(root, Stage::kMain));
  CHECK(stages(load_boots(root)[0]) == Words{"main failed"});
  tree.write("run/azl-provision/main.json", "half");
  CHECK(has_unfinished_record(root, Stage::kMain));
}

TEST_CASE("a running stage is listed with this boot's stages") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  running_boot(tree, "now");
  auto running = record_of("now", Stage::kMain, "2026-01-02T03:04:06+00:00");
  running.outcome = StageOutcome::kRunning;
  tree.write("run/azl-provision/main.json", to_json(running))
      .write("run/azl-provision/main.lock", "1\n");
  CHECK(ids(load_boots(root)) == Words{"now"});
  REQUIRE(save_record(root, record_of("now", Stage::kLocal), 9));
  auto boots = load_boots(root);
  REQUIRE(boots.size() == 1);
  CHECK(stages(boots[0]) == Words{"local ready", "main running"});

  // A record left by a killed run of an earlier boot is ignored.
  running.boot_id = "old";
  tree.write("run/azl-provision/main.json", to_json(running));
  CHECK(stages(load_boots(root)[0]) == Words{"local ready"});

  // A failed stage that is run again counts as running.
  running.boot_id = "now";
  tree.write("run/azl-provision/main.json", to_json(running));
  auto failed = record_of("now", Stage::kMain);
  failed.outcome = StageOutcome::kFailed;
  REQUIRE(save_record(root, failed, 9));
  CHECK(stages(load_boots(root)[0]) == Words{"local ready", "main running"});
  // A stage killed after it saved its record, but before its run ended, does not.
  failed.started = running.started;
  REQUIRE(save_record(root, failed, 9));
  CHECK(stages(load_boots(root)[0]) == Words{"local ready", "main failed"});
}

TEST_CASE("files that cannot be read are listed as unread, and the other records are loaded") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  running_boot(tree, "now");
  const auto directory = std::string(kBootsDirectory) + "/now";
  REQUIRE(save_record(root, record_of("now", Stage::kLocal), 9));
  tree.write(directory + "/main.json", "garbage")
      .write(directory + "/.report.json.azl-new", "half")
      .write(directory + "/notes.txt", "x")
      .mkdir(directory + "/odd.json")
      .write(std::string(kBootsDirectory) + "/a-file", "x");
  const auto boots = load_boots(root);
  REQUIRE(ids(boots) == Words{"now"});
  CHECK(stages(boots[0]) == Words{"local ready"});
  REQUIRE(boots[0].unread.size() == 2);
  CHECK(
      boots[0].unread[0].starts_with(directory + "/main.json: it is not the record of a stage: "));
  CHECK(boots[0].unread[1].starts_with(directory + "/odd.json: "));
}

TEST_CASE("records are bounded in number, values and depth") {
  const std::string head = R"({"schema_version": 1, "stage": "main", "steps": )";
  std::string many = "{}";
  for (int i = 0; i < 5'000; ++i) many += ",{}";
  const auto shortened = parse_record(head + "[" + many + "]}");
  REQUIRE_FALSE(shortened);
  CHECK(shortened.error().cause() == "it has too many values");
  const std::string deep(500'000, '[');
  CHECK(parse_record(head + deep).error().cause().starts_with("it is nested deeper than"));

  TemporaryTree tree;
  for (int i = 0; i < 70; ++i)
    tree.write(std::string(kBootsDirectory) + "/b/" + std::to_string(i) + ".json",
               to_json(record_of("b", Stage::kMain)));
  const auto boots = load_boots(root_of(tree));
  REQUIRE(boots.size() == 1);
  CHECK(boots[0].stages.size() == 1);
  REQUIRE(boots[0].unread.size() == 1);
  CHECK(boots[0].unread[0].ends_with("has more than 64 records; the others are not read"));
}

TEST_CASE("the first record of a boot removes half-written files of an interrupted boot") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  const std::string directory(kBootsDirectory);
  for (const char* boot : {"b-cut", "a-later"})
    REQUIRE(save_record(root, record_of(boot, Stage::kLocal), 9));
  age(tree, "b-cut", 2);
  age(tree, "a-later", 1);
  const auto leave_halves = [&] {
    tree.write(directory + "/b-cut/.main.json.azl-new", "half")
        .write(directory + "/b-cut/notes.txt", "x")
        .write(directory + "/now/.main.json.azl-new", "half")
        .mkdir(directory + "/.gone.azl-new")
        .mkdir(directory + "/.now.azl-new");
  };
  const auto is_half = [&](const std::string& path) {
    return root.exists(directory + "/" + path + ".azl-new");
  };
  tree.mkdir(directory + "/.gone.azl-new").write(directory + "/b-cut/.main.json.azl-new", "half");
  REQUIRE(save_record(root, record_of("now", Stage::kLocal), 9));
  CHECK_FALSE(is_half("b-cut/.main.json"));
  CHECK_FALSE(is_half(".gone"));
  CHECK(root.exists(directory + "/b-cut/local.json"));
  // The order follows the age of the records: b-cut's directory was changed just now, its records
  // were not.
  CHECK(ids(load_boots(root)) == Words{"b-cut", "a-later", "now"});

  // A second record removes no half-written file: another stage of this boot may be writing it.
  leave_halves();
  REQUIRE(save_record(root, record_of("now", Stage::kReport), 9));
  for (const char* half : {"b-cut/.main.json", "now/.main.json", ".gone", ".now"})
    CHECK(is_half(half));
  CHECK(ids(load_boots(root)) == Words{"b-cut", "a-later", "now"});
  REQUIRE(save_record(root, record_of("next", Stage::kLocal), 9));
  for (const char* half : {"b-cut/.main.json", "now/.main.json", ".gone", ".now"})
    CHECK_FALSE(is_half(half));
  CHECK(root.exists(directory + "/b-cut/notes.txt"));
}

TEST_CASE("a tree without records has no boots") {
  const TemporaryTree tree;
  CHECK(load_boots(root_of(tree)).empty());
}

TEST_CASE("the boot id is the kernel's; an empty, long or path-like value gives 'tree'") {
  struct Row {
    std::string text;
    std::string id;
  };
  for (const auto& row : std::vector<Row>{
           {"9f2b7c1e-0000-4000-8000-000000000000\n", "9f2b7c1e-0000-4000-8000-000000000000"},
           {"", "tree"},
           {"../../etc\n", "tree"},
           {"a/b", "tree"},
           {std::string(200, 'a'), "tree"}}) {
    CAPTURE(row.text);
    TemporaryTree tree;
    tree.write("proc/sys/kernel/random/boot_id", row.text);
    CHECK(boot_id_of(root_of(tree)) == row.id);
  }
  const TemporaryTree tree;
  CHECK(boot_id_of(root_of(tree)) == "tree");
}
