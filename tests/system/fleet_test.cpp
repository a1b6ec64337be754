// azl-platform fleet: first boots side by side on one simulator.
#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include <signal.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("fleet" * needs_root());

Ended fleet(const Lab& lab, const TemporaryTree& work, Strings arguments) {
  arguments.insert(arguments.begin(), {AZL_PLATFORM_PROGRAM, "fleet"});
  arguments.insert(arguments.end(), {lab.root(), "--program", program_under_test()});
  Program program(arguments, work.path(), "fleet", {});
  return program.wait();
}

TEST_CASE("20 VMs that are throttled at their first request all come up, and not in step") {
  constexpr std::size_t kVms = 20;
  const Lab lab;
  const TemporaryTree work;
  const auto before = lab.tree();
  const auto run = fleet(lab, work, {"20", "--format=json", "--keep", work.path("kept")});
  INFO(run);
  REQUIRE(run.status == 0);
  const auto result = Json::parse(run.out);
  CHECK(lab.tree() == before);

  const auto& summary = result.at("summary");
  CHECK(summary.at("ready") == kVms);
  CHECK(summary.at("early_retries") == 0);
  std::set<std::string> ids;
  std::vector<double> pauses;
  for (const auto& vm : result.at("vms")) {
    CAPTURE(vm);
    ids.insert(vm.at("vm_id").get<std::string>());
    CHECK(vm.at("outcome") == "ready");
    // Its other programs have used up its limit, so IMDS refuses the first request only.
    CHECK(vm.at("throttled") == 1);
    CHECK(vm.at("retries") == 1);
    REQUIRE(vm.at("after_retry_after_s").size() == 1);
    pauses.push_back(vm.at("after_retry_after_s")[0]);
  }
  CHECK(ids.size() == kVms);
  // Jitter adds 0.1 s to a Retry-After of 1 s on average; the mean of 20 has a standard deviation
  // of 0.013 s. A slow machine only adds to it.
  CHECK(std::accumulate(pauses.begin(), pauses.end(), 0.0) / kVms > 0.04);

  for (std::size_t number = 1; number <= kVms; ++number) {
    const auto root = work.path("kept/" + std::to_string(number) + "/root/");
    CHECK(read_file(root + "etc/hostname") == "azl-vm-" + std::to_string(number) + "\n");
    CHECK(contains(read_file(root + "etc/passwd"), "\nazureuser:"));
  }
}

TEST_CASE("VMs that do not come up are listed with the reason, and the status is 1") {
  const Lab lab;
  TemporaryTree work;
  work.write("vm.json", R"({"vm": {"admin_username": "root"}})");
  const auto run = fleet(lab, work, {"2", "--spent=0", "--scenario", work.path("vm.json")});
  INFO(run);
  CHECK(run.status == 1);
  CHECK(contains(run.out, "\n0 of 2 VMs are ready.\n"));
  CHECK(contains(run.out, "not ready: "));
  CHECK(contains(run.out, " 0 of them answered 429."));
}

TEST_CASE("a fleet that is ended by a signal leaves no copies of the tree and no agents") {
  const Lab lab;
  TemporaryTree work;
  work.write("vm.json", R"({"imds": {"faults": [{"do": "hang"}]}})").mkdir("temporary");
  Program program({AZL_PLATFORM_PROGRAM, "fleet", "3", lab.root(), "--program",
                   program_under_test(), "--scenario", work.path("vm.json")},
                  work.path(), "fleet", {.environment = {"TMPDIR=" + work.path("temporary")}});
  const auto asked = [&] {
    for (const auto& fleet : std::filesystem::directory_iterator(work.path("temporary"))) {
      const auto log = fleet.path().string() + "/3/requests.jsonl";
      if (contains(read_file(log), "/metadata/instance")) return true;
    }
    return program.ended();
  };
  REQUIRE(wait_until(asked));
  REQUIRE(kill(program.pid(), SIGTERM) == 0);
  const auto ended = program.wait();
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(contains(ended.err, "azl-platform: ended by signal 15\n"));
  CHECK(std::filesystem::is_empty(work.path("temporary")));
}

TEST_CASE("a fleet is not started without a usable tree, program, directory and rate") {
  const Lab lab;
  TemporaryTree work;
  work.write("full/file", "").mkdir("empty");
  const auto refused = [&](Strings arguments) {
    arguments.insert(arguments.begin(), {AZL_PLATFORM_PROGRAM, "fleet", "1"});
    Program program(arguments, work.path(), "fleet", {});
    const auto ended = program.wait();
    CHECK(ended.status != 0);
    CHECK(ended.out.empty());
    return ended.err;
  };
  const std::string program = program_under_test();
  CHECK(contains(refused({"/", "--program", program}), "/ is the running system"));
  CHECK(contains(refused({work.path("none")}), "is not a directory"));
  CHECK(contains(refused({work.path("empty")}), "is not a root tree"));
  CHECK(contains(refused({lab.root(), "--program", "/nonexistent/agent"}), "with --program"));
  CHECK(contains(refused({lab.root(), "--keep", work.path("full")}), "--keep: "));
  CHECK(contains(refused({lab.root(), "--rate=2", "--spent=3"}), "--spent must be at most --rate"));
  CHECK(contains(refused({lab.root(), "--scenario", "nonesuch"}), "nonesuch"));
  // No copy of the tree is left where temporary files are.
  Program tidy({AZL_PLATFORM_PROGRAM, "fleet", "1", lab.root(), "--program", "/nonexistent/agent"},
               work.path(), "tidy", {.environment = {"TMPDIR=" + work.path("empty")}});
  CHECK(tidy.wait().status == 1);
  CHECK(std::filesystem::is_empty(work.path("empty")));
}

}  // namespace
}  // namespace azl::test
