// Pre-provisioned VMs: Ready for the pool, the wait, the user's document, Ready for the user.
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <sys/syscall.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("preprovisioned" * needs_root());

constexpr const char* kMarker = "var/lib/azl-provision/pool.json";
constexpr const char* kData = "/metadata/reprovisiondata?api-version=2019-06-01";
constexpr const char* kVmB = "b0b0b0b0-5555-4666-8777-888888888888";

Json scenario_of(const std::string& type, Json pps = {{"not_yet", 1}}) {
  return {{"vm",
           {{"pps_type", type},
            {"computer_name", "web-1"},
            {"admin_username", "ann"},
            {"custom_data", "#!/bin/sh\n"}}},
          {"pps", std::move(pps)}};
}

/// The requests in short: "Ready", "NotReady", "data" and "instance", with the status if it is not
/// 200.
Strings talk_of(const Lab& lab) {
  Strings talk;
  for (const auto& request : lab.requests()) {
    const auto target = request.at("target").get<std::string>();
    const auto body = request.at("body").get<std::string>();
    const int status = request.at("status");
    auto word = target == kData                            ? "data"
                : target.starts_with("/metadata/instance") ? "instance"
                : contains(body, "NotReady")               ? "NotReady"
                                                           : std::string("Ready");
    if (status != 200 && status != 201) word += " " + std::to_string(status);
    talk.push_back(std::move(word));
  }
  return talk;
}

std::ptrdiff_t count(const Strings& talk, const std::string& word) {
  return std::ranges::count(talk, word);
}

/// Checks that the VM is that of the user, and nothing of the pool is left.
void check_user(Lab& lab) {
  CHECK(lab.account_field("passwd", "ann", 0) == "ann");
  CHECK(lab.account_field("passwd", "pool", 0).empty());
  CHECK(lab.read("etc/hostname") == "web-1\n");
  CHECK(contains(lab.read("var/lib/waagent/ovf-env.xml"), "ann"));
  CHECK(lab.exists("var/lib/azl-provision/custom-data/document.json"));
  CHECK_FALSE(lab.exists(kMarker));
  CHECK(lab.kvp().at("pps_type") == "None");
  CHECK(lab.told() == "Ready");
}

/// Starts a main stage, and returns when it waits in the pool.
std::unique_ptr<Program> start_waiting(Lab& lab, const RunOptions& options = {.stage = "main"}) {
  const auto before = lab.requests().size();
  auto waiting = lab.start(options);
  REQUIRE(wait_until([&] {
    // The record of a run that was killed may still be there.
    return (lab.requests().size() > before &&
            contains(lab.read("run/azl-provision/main.json"), "its user, in a pool")) ||
           waiting->ended();
  }));
  REQUIRE_FALSE(waiting->ended());
  return waiting;
}

void stop(Program& waiting) {
  REQUIRE(waiting.pid() > 0);
  REQUIRE(kill(waiting.pid(), SIGTERM) == 0);
  REQUIRE(wait_until([&] { return waiting.ended(); }));
}

TEST_CASE("a VM of each type is told Ready for its pool, gets its user, and is told Ready") {
  for (const std::string type : {"Running", "Savable", "Hovering"}) {
    CAPTURE(type);
    Lab lab(scenario_of("Savable"));
    auto media = read_file(lab.media() + "/ovf-env.xml");
    REQUIRE(contains(media, ">Savable<"));
    media.replace(media.find("Savable"), 7, type);
    std::ofstream(lab.media() + "/ovf-env.xml", std::ios::trunc) << media;
    const auto run = lab.run({.stage = "main"});
    INFO(run);
    CHECK(run.status == 0);
    CHECK(talk_of(lab) == Strings{"instance", "Ready", "data 404", "data", "instance", "Ready"});
    check_user(lab);
    CHECK(lab.outcome("pool-ready") == "done");
    CHECK(lab.outcome("pool-wait") == "skipped");  // a tree has no links of its own
    CHECK(lab.outcome("pool-data") == "done");
    CHECK(lab.outcome("pool-imds") == "done");
    CHECK(lab.findings().empty());
    CHECK(lab.run({.stage = "main"}).status == 0);
    CHECK(talk_of(lab).size() == 6);
  }
}

TEST_CASE("a VM that is in no pool is asked nothing new") {
  Lab lab;
  CHECK(lab.run().status == 0);
  CHECK(talk_of(lab) == Strings{"instance", "Ready"});
  CHECK(lab.outcome("pool-ready").empty());
  CHECK_FALSE(lab.exists(kMarker));
}

TEST_CASE("while the VM waits, status and report say so, and a stop tells nobody") {
  auto scenario = scenario_of("Savable");
  scenario["imds"]["faults"] = {{{"match", kData}, {"do", "hold"}}};
  Lab lab(scenario);
  const auto waiting = start_waiting(lab);
  CHECK(lab.exists(kMarker));
  CHECK(lab.kvp().at("pps_type") == "Savable");
  const auto status = lab.command({"status"});
  CHECK(status.status == 4);
  CHECK(contains(status.out, "waiting for its user, in a pool (PPS Savable)"));
  const auto report = lab.report_text();
  CHECK(report.starts_with("IN PROGRESS"));
  CHECK(contains(report, "its user, in a pool (PPS Savable)"));
  stop(*waiting);
  CHECK(lab.run({.stage = "close", .environment = {"SERVICE_RESULT=signal", "EXIT_STATUS=TERM"}})
            .status == 0);
  CHECK(count(talk_of(lab), "Ready") == 1);
  CHECK(count(talk_of(lab), "NotReady") == 0);
}

/// How often the threads of a process have gone to sleep so far.
long sleeps_of(pid_t process) {
  const std::string key = "voluntary_ctxt_switches:";
  long sum = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(key)) sum += std::stol(line.substr(key.size()));
    }
  }
  return sum;
}

/// Whether the process waits for a descriptor, and not for the time of its next request.
bool is_in_request(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/syscall");
  long call = -1;
  file >> call;
#ifdef SYS_poll
  if (call == SYS_poll) return true;
#endif
  return call == SYS_ppoll;
}

/// How many seconds the wait is watched. The full set of tests watches it for a minute.
long watched_seconds() {
  const auto* given = std::getenv("AZL_WATCHED_SECONDS");
  return given != nullptr ? std::stol(given) : 4;
}

TEST_CASE("while IMDS holds its answer, the program sleeps") {
  auto scenario = scenario_of("Running");
  scenario["imds"]["faults"] = {{{"match", kData}, {"do", "hold"}}};
  Lab lab(scenario);
  const auto waiting = start_waiting(lab);
  REQUIRE(wait_until([&] { return is_in_request(waiting->pid()); }));
  const auto before = sleeps_of(waiting->pid());
  const auto seconds = watched_seconds();
  const timespec watched{.tv_sec = seconds, .tv_nsec = 0};
  nanosleep(&watched, nullptr);
  const auto sleeps = sleeps_of(waiting->pid()) - before;
  MESSAGE("woken " << sleeps << " times in " << seconds << " s");
  // A request ends after a minute, and the next one begins.
  CHECK(before > 0);
  CHECK(sleeps <= (seconds < 60 ? 2 : 10));
  stop(*waiting);
}

struct Resumed {
  std::string what;
  void (*change)(Lab&);
  bool media = true;
};

TEST_CASE("a reboot in the middle of the wait goes on, and tells no second Ready for the pool") {
  const std::vector<Resumed> rows = {
      {"the same VM", [](Lab&) {}},
      {"the media is lost", [](Lab&) {}, false},
      {"the VM id has changed",
       [](Lab& lab) { lab.write("sys/class/dmi/id/product_uuid", std::string(kVmB) + "\n"); }},
      {"the marker is damaged", [](Lab& lab) { lab.write(kMarker, "{"); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto scenario = scenario_of("Running", {{"not_yet", 1}, {"vm_id", kVmB}});
    if (row.what != "the VM id has changed") scenario["pps"].erase("vm_id");
    scenario["imds"]["faults"] = {{{"match", kData}, {"nth", 1}, {"do", "hold"}}};
    Lab lab(scenario);
    stop(*start_waiting(lab));
    lab.release().reboot();  // it may have been stopped before its request
    row.change(lab);
    const auto run = lab.run({.stage = "main", .media = row.media});
    INFO(run);
    CHECK(run.status == 0);
    check_user(lab);
    CHECK(count(talk_of(lab), "Ready") == 2);
    CHECK(lab.outcome("pool-ready") == "skipped");
  }
}

TEST_CASE("whatever IMDS answers before there is a document, the VM goes on asking") {
  auto scenario = scenario_of("Running", {{"not_yet", 2}, {"status", 410}});
  scenario["imds"]["faults"] = {
      {{"match", kData}, {"nth", 1}, {"do", "reset"}},
      {{"match", kData}, {"nth", 2}, {"do", "status"}, {"status", 429}, {"retry_after", 1}},
      {{"match", kData}, {"nth", 3}, {"do", "truncate"}},
      {{"match", kData}, {"nth", 4}, {"do", "delay"}, {"delay_ms", 300}}};
  Lab lab(scenario);
  const auto run = lab.run({.stage = "main"});
  INFO(run);
  CHECK(run.status == 0);
  check_user(lab);
  CHECK(count(talk_of(lab), "data 410") >= 1);
  CHECK(count(talk_of(lab), "data") == 1);
}

TEST_CASE("a damaged document is a failure, and the next boot asks for it once more") {
  Lab lab(scenario_of("Running", {{"not_yet", 0}, {"body", "no XML"}}));
  const auto run = lab.run({.stage = "main"});
  INFO(run);
  CHECK(run.status == 1);
  CHECK(lab.findings() == Strings{"fatal ovf-malformed"});
  CHECK(lab.told() == "NotReady");
  CHECK(lab.exists(kMarker));
  lab.reboot().restart_platform({{"pps", {{"not_yet", 0}}}});
  const auto again = lab.run({.stage = "main"});
  INFO(again);
  CHECK(again.status == 0);
  check_user(lab);
  CHECK(count(talk_of(lab), "Ready") == 2);
}

TEST_CASE("an IMDS that still describes the pool is asked again, and set aside if it stays so") {
  Lab lab(scenario_of("Running", {{"not_yet", 0}, {"stale", 1}}));
  const auto run = lab.run({.stage = "main"});
  INFO(run);
  CHECK(run.status == 0);
  check_user(lab);
  CHECK(count(talk_of(lab), "instance") == 3);

  Lab stale(scenario_of("Running", {{"not_yet", 0}, {"stale", 1000}}));
  stale.configure("[Imds]\nTimeout=1500ms\nTimeoutWithMedia=1500ms\n");
  const auto alone = stale.run({.stage = "main"});
  INFO(alone);
  CHECK(alone.status == 2);
  CHECK(stale.findings() == Strings{"degraded preprovisioned"});
  check_user(stale);
}

TEST_CASE("a VM id that IMDS gives with the user is the VM's own on a later boot") {
  Lab lab(scenario_of("Running", {{"not_yet", 0}, {"vm_id", kVmB}}));
  CHECK(lab.run({.stage = "main"}).status == 0);
  check_user(lab);
  CHECK(lab.state().at("next_vm_id") == kVmB);
  const auto requests = lab.requests().size();
  lab.reboot().write("sys/class/dmi/id/product_uuid", std::string(kVmB) + "\n");
  CHECK(lab.run({.stage = "local"}).status == 0);
  CHECK(lab.run({.stage = "main"}).status == 0);
  CHECK(lab.requests().size() == requests);
  CHECK(lab.state().at("vm_id") == kVmB);
  CHECK_FALSE(lab.state().contains("next_vm_id"));
  CHECK(lab.command({"status"}).status == 0);
}

TEST_CASE("an OS disk waits for the shutdown, and its next VM is provisioned as any other") {
  Lab lab(scenario_of("PreprovisionedOSDisk"));
  stop(*start_waiting(lab));
  CHECK(talk_of(lab) == Strings{"instance", "Ready"});
  stop(*start_waiting(lab));  // killed and started again on the same boot
  CHECK(talk_of(lab) == Strings{"instance", "Ready", "instance"});
  lab.reboot().become({{"vm",
                        {{"vm_id", kVmB},
                         {"computer_name", "web-1"},
                         {"admin_username", "ann"},
                         {"custom_data", "#!/bin/sh\n"}}}});
  const auto run = lab.run({.stage = "main"});
  INFO(run);
  CHECK(run.status == 0);
  check_user(lab);
  CHECK(count(talk_of(lab), "data") == 0);
}

TEST_CASE("an OS disk whose sources still name the pool asks for its document after the shutdown") {
  Lab lab(scenario_of("PreprovisionedOSDisk", {{"not_yet", 0}}));
  stop(*start_waiting(lab));
  lab.reboot();
  CHECK(lab.run({.stage = "main"}).status == 0);
  check_user(lab);
  CHECK(count(talk_of(lab), "Ready") == 2);
}

TEST_CASE("a Ready for the pool that cannot be told is a failure, and the next boot tells it") {
  auto scenario = scenario_of("Running", {{"not_yet", 0}});
  scenario["wireserver"]["enabled"] = false;
  Lab lab(scenario);
  lab.configure("[Report]\nInlineTimeout=300ms\nLateTimeout=300ms\n");
  const auto run = lab.run({.stage = "main"});
  INFO(run);
  CHECK(run.status == 1);
  CHECK_FALSE(lab.exists(kMarker));
  lab.reboot().restart_platform({{"wireserver", {{"enabled", true}}}});
  CHECK(lab.run({.stage = "main"}).status == 0);
  check_user(lab);
  CHECK(count(talk_of(lab), "Ready") == 2);
}

TEST_CASE("plan says that the VM is in a pool, and plans nothing of the pool's settings") {
  auto scenario = scenario_of("Savable");
  scenario["imds"]["faults"] = {{{"match", kData}, {"do", "hold"}}};
  Lab lab(scenario);
  const auto plan_from = [&](const std::string& option, const std::string& source) {
    return Json::parse(lab.command({"plan", option, source}).out);
  };
  const auto check_plan = [](const Json& plan, const std::string& why) {
    CAPTURE(plan.dump());
    CHECK(plan.at("course").at("value") == "pool");
    CHECK(contains(plan.at("course").at("why").get<std::string>(), why));
    CHECK(plan.at("user").is_null());
    CHECK(plan.at("findings").empty());
    CHECK(plan.at("custom_data").at("store") == false);
  };
  check_plan(plan_from("--ovf", lab.media()),
             "the platform has this VM in a pool; what its user wants is not known yet");
  stop(*start_waiting(lab));
  check_plan(plan_from("--imds-url", lab.imds_url()), "the platform was told Ready for the pool");
  lab.release().reboot();
  CHECK(lab.run({.stage = "main"}).status == 0);
  CHECK(plan_from("--imds-url", lab.imds_url()).at("course").at("value") == "done");
}

TEST_CASE("without --imds-url a tree in a pool is a failure, not a wait") {
  Lab lab(scenario_of("Running"));
  const auto run = lab.run({.stage = "main", .imds = false});
  INFO(run);
  CHECK(run.status == 1);
  CHECK(lab.findings() == Strings{"fatal preprovisioned"});
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
