#include "provision/image/migrate/migration_list.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace azl::provision;

namespace {

MigrationReport sample() {
  MigrationReport report{.root = "/", .vm_id = "a0a0"};
  report.migration.provisioned_by = "cloud-init";
  report.migration.keys = {{.agent = Agent::kCloudInit,
                            .key = "a.b",
                            .path = "/etc/x",
                            .line = 3,
                            .fate = Fate::kBecomes,
                            .setting = "[Disk] GrowRoot=no",
                            .why = "so"},
                           {.agent = Agent::kWaagent,
                            .key = "/etc/y",
                            .path = "/etc/y",
                            .fate = Fate::kKept,
                            .why = "it stays\x1b"}};
  report.migration.steps = {
      {.action = MigrationAction::kEnable, .what = "x.target", .why = "it acts"},
      {.action = MigrationAction::kDisable, .what = "y.service", .why = "it must not"}};
  return report;
}

void end(MigrationReport& report, bool first_fails) {
  for (const auto& step : report.migration.steps)
    report.ends.push_back({.step = step, .done = !first_fails});
  if (first_fails) report.ends.front().error = azl::Error(azl::Reason::kIo, "no room");
}

}  // namespace

TEST_CASE("each key and each step is a line, with what became of it") {
  auto report = sample();
  CHECK(describe_migration(report) ==
        "cloud-init provisioned this VM\n"
        "becomes cloud-init a.b (/etc/x:3): [Disk] GrowRoot=no: so\n"
        "kept WALinuxAgent /etc/y: it stays\\x1b\n"
        "enable x.target: it acts\ndisable y.service: it must not\n");
  end(report, true);
  const auto text = describe_migration(report);
  CHECK(text.find("enable x.target: it acts; FAILED: no room\n") != std::string::npos);
  CHECK(text.find("disable y.service: it must not; not done\n") != std::string::npos);
}

TEST_CASE("the exit status and the end tell done, done with warnings, failed and nothing to do") {
  auto report = sample();
  report.dry_run = true;
  CHECK(report.exit_status() == kExitDone);
  CHECK(describe_end(report).empty());
  report.dry_run = false;
  end(report, false);
  CHECK(report.exit_status() == kExitDone);
  CHECK(describe_end(report) ==
        "azl-provision has taken over from cloud-init. The next boot changes nothing.\n");
  report.migration.keys.front().fate = Fate::kLost;
  CHECK(report.exit_status() == kExitDegraded);
  CHECK(describe_end(report).find(" Look at the 1 line with LOST") != std::string::npos);
  report.ends.clear();
  end(report, true);
  CHECK(report.exit_status() == kExitFailed);
  CHECK(describe_end(report).find("run the command again") != std::string::npos);
  report.migration.steps.clear();
  report.ends.clear();
  CHECK(report.exit_status() == kExitDone);
  CHECK(describe_end(report).find("migrated already") != std::string::npos);
}

TEST_CASE("the JSON has the same words") {
  auto report = sample();
  end(report, true);
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json.at("exit_status") == 1);
  CHECK(json.at("keys")[0].at("fate") == "becomes");
  CHECK(json.at("keys")[0].at("setting") == "[Disk] GrowRoot=no");
  CHECK(json.at("keys")[1].at("warning") == false);
  CHECK(json.at("steps")[0].at("error") == "no room");
  CHECK(json.at("steps")[1].at("done") == false);
  CHECK_FALSE(json.at("steps")[1].contains("error"));
}
