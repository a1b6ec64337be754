#include "provision/apply/waagent.h"

#include <filesystem>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/provision/bench.h"

using namespace azl;
using namespace azl::provision;
using namespace azl::test;

namespace {

StepResult hand_over_on(Bench& bench) {
  const Config config;
  const Machine machine{bench.root, bench.clock, bench.processes, bench.http};
  const imds::Identity identity;
  const Context context{
      .machine = machine, .stage = Stage::kMain, .config = config, .identity = identity};
  Plan plan;
  plan.vm_id = kVm;
  Provisioning progress;
  progress.host_name = "web";
  return hand_over(context, Facts{}, Secret(), plan, progress);
}

}  // namespace

TEST_CASE("a file for WALinuxAgent that is not root's becomes root's") {
  if (geteuid() != 0) return;
  Bench bench;
  bench.tree.write("var/lib/waagent/provisioned", std::string(kVm) + "\n");
  const auto file = bench.tree.path("var/lib/waagent/provisioned");
  REQUIRE(chmod(file.c_str(), 0644) == 0);
  REQUIRE(chown(file.c_str(), 1000, 1000) == 0);
  REQUIRE(hand_over_on(bench));
  struct stat status{};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK(status.st_uid == 0);
  CHECK(status.st_gid == 0);
}

TEST_CASE(
    "a directory of WALinuxAgent that is not root's is refused, and nothing is written to it") {
  if (geteuid() != 0) return;
  Bench bench;
  bench.tree.write("var/lib/waagent/other", "");
  const auto directory = bench.tree.path("var/lib/waagent");
  REQUIRE(chown(directory.c_str(), 1000, 1000) == 0);
  const auto result = hand_over_on(bench);
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kHandOver);
  CHECK(result.error().to_string().find("belongs to uid 1000") != std::string::npos);
  CHECK_FALSE(bench.tree.exists("var/lib/waagent/provisioned"));
}
