#include "provision/disks/look.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"
#include "tests/unit/provision/accounts/account_tree.h"

using namespace azl::provision;
using azl::disk::Disk;
namespace act = azl::disk::act;

TEST_CASE("the layout of a disk is described") {
  CHECK(describe_layout({.zeroed = true}) == "blank");
  CHECK(describe_layout({}) == "no known file system");
  CHECK(describe_layout({.content = {.type = "xfs", .label = "a\nb"}}) == "xfs 'a\\x0ab'");
  CHECK(describe_layout({.error = "it can't be read"}) == "it can't be read");
  Disk disk{.table = "gpt"};
  CHECK(describe_layout(disk) == "gpt: no partition");
  disk.partitions = {{.number = 1, .content = {.type = "vfat", .label = "ESP"}},
                     {.number = 2, .content = {.type = "ext4"}, .use = {.mounted_at = {"/"}}},
                     {.number = 3, .content = {.type = "swap"}, .use = {.swap = true}}};
  CHECK(describe_layout(disk) == "gpt: 1 vfat 'ESP', 2 ext4 (at /), 3 swap (swap)");
  disk.table_unclear = true;
  CHECK(describe_layout(disk).starts_with("damaged gpt: "));
  const Disk in_use{.partitions = {{.number = 1, .use = {.mounted_at = {"/data"}}}}};
  CHECK(describe_layout(in_use) == "partitions: 1 (at /data)");
}

TEST_CASE("no disks are read or described in a root tree") {
  const azl::test::TemporaryTree tree;
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::test::FakeClock clock;
  azl::test::ScriptedHttp http{clock, {}};
  azl::test::PlayedProcesses processes{[](const azl::Command&) { return azl::ProcessOutput{}; }};
  Config config;
  config.disk.data = {{.lun = 0}};
  const azl::imds::Identity identity;
  const Context context{.machine = {*root, clock, processes, http},
                        .stage = Stage::kDisks,
                        .config = config,
                        .identity = identity};
  const auto run = look_at_disks(context.machine, config, DiskReading::kSettleAndAnnounce);
  CHECK(run.actions.empty());
  CHECK(run.facts.disks.empty());
  CHECK(processes.commands.empty());
  StageRecord record;
  Recorder recorder(record);
  const auto end = describe_disks(
      context, {.actions = {{.device = "/dev/sda", .act = act::Format{}}}}, recorder);
  REQUIRE(end);
  CHECK(end->outcome == StepOutcome::kSkipped);
  CHECK(record.disks.empty());
}

TEST_CASE("a decision is recorded once, in the record of its disk") {
  StageRecord record;
  record.disks = {{.device = "/dev/sdb", .kind = "resource"}};
  record_decision({.device = "/dev/sdb", .act = act::Leave{}, .why = "it is in use"}, record);
  record_decision({.device = "/dev/sdb", .act = act::Leave{}, .why = "it is in use"}, record);
  record_decision({.device = "/dev/md/x", .act = act::Stripe{.members = {"a"}}, .why = "b"},
                  record);
  record_decision({.device = "LUN 1", .act = act::Leave{}, .why = "c"}, record);
  REQUIRE(record.disks.size() == 3);
  CHECK(record.disks[0].decisions == std::vector<std::string>{"leave /dev/sdb: it is in use"});
  CHECK(record.disks[1].kind == "array");
  CHECK(record.disks[1].decisions == std::vector<std::string>{"make /dev/md/x of a: b"});
  CHECK(record.disks[2].kind == "data");
}

TEST_CASE("a run is idle if there is nothing to do and nothing new to report") {
  DisksRun run;
  CHECK(run.is_idle());
  run.actions = {{.device = "/dev/sda", .act = act::Leave{.settled = true}}};
  CHECK(run.is_idle());
  run.actions.push_back({.device = "/dev/sdb", .act = act::Leave{}, .why = "it is in use"});
  CHECK_FALSE(run.is_idle());
  run.actions.back() = {.device = "/dev/sdb", .act = act::Mount{}};
  CHECK_FALSE(run.is_idle());
  run.actions.clear();
  run.read_errors.emplace_back(azl::Reason::kIo, "x");
  CHECK_FALSE(run.is_idle());
}

TEST_CASE("all_recorded is true only if earlier runs recorded all disks of the run") {
  DisksRun run;
  run.facts.disks = {{.device = "/dev/sda"}, {.device = "/dev/sdb"}};
  run.earlier_disks = {{.device = "/dev/sdb", .kind = "other"}};
  CHECK_FALSE(run.all_recorded());
  run.earlier_disks.push_back({.device = "/dev/sda", .kind = "other"});
  CHECK(run.all_recorded());
  run.facts.disks[0].kind = azl::disk::DiskKind::kData;
  CHECK_FALSE(run.all_recorded());
}

TEST_CASE("a later run's record repeats the work of earlier runs, but not their leave decisions") {
  const std::vector<DiskRecord> earlier = {
      {.device = "/dev/sdb",
       .decisions = {"mount /dev/sdb partition 1 at /mnt: it is new",
                     "leave /dev/sdb: it has no swap"}}};
  CHECK(find_earlier_work(earlier, "/dev/sdb") ==
        std::vector<std::string>{"mount /dev/sdb partition 1 at /mnt: it is new"});
  CHECK(find_earlier_work(earlier, "/dev/sdc").empty());
}
