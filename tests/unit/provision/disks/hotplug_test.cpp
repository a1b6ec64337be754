#include "provision/disks/hotplug.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
namespace act = azl::disk::act;

namespace {

/// A run with two disks to format, a disk without a sequence number, a LUN without a disk, and an
/// array.
DisksRun run_for_all() {
  DisksRun run;
  run.facts.disks = {{.device = "/dev/sda", .sequence = 1},
                     {.device = "/dev/sdb", .sequence = 2},
                     {.device = "/dev/sdc"},
                     {.device = "/dev/nvme0n1", .sequence = 3},
                     {.device = "/dev/nvme1n1", .sequence = 4}};
  run.actions = {{.device = "/dev/sda", .act = act::Format{}},
                 {.device = "/dev/sdb", .act = act::Format{}},
                 {.device = "LUN 1", .act = act::Leave{}},
                 {.device = "/dev/sdc", .act = act::Leave{.settled = true}},
                 {.device = "/dev/md/azl-local",
                  .act = act::Stripe{.members = {"/dev/nvme0n1", "/dev/nvme1n1"}}}};
  return run;
}

FindingRecord finding(const std::string& device) {
  FindingRecord record;
  record.chain = {"setting up the disk", "it is in use"};
  record.device = device;
  return record;
}

/// The record of earlier runs. It includes a disk that is gone, a finding about no particular disk,
/// and LUN 2, which has a disk by now.
EarlierRuns earlier_runs(std::set<std::uint64_t> seen) {
  return {.seen = std::move(seen),
          .disks = {{.device = "/dev/sda"},
                    {.device = "/dev/sdc"},
                    {.device = "LUN 1"},
                    {.device = "LUN 2"}},
          .findings = {finding("/dev/sda"), finding("/dev/sdb"), finding("/dev/sdx"),
                       finding("/dev/md/azl-local"), finding("")}};
}

template <class Range>
std::string devices(const Range& range) {
  std::vector<std::string> devices;
  for (const auto& each : range) devices.push_back(each.device);
  return azl::join(devices, " ");
}

struct Case {
  const char* name;
  const char* late_disk;
  std::set<std::uint64_t> seen;
  // The devices in each member of the continued DisksRun, separated by spaces:
  const char* actions;
  const char* earlier_disks;
  const char* earlier_findings;
  const char* late_disks;
};

const std::vector<Case> kCases = {
    {"a run for all disks keeps all its actions and no earlier finding",
     "",
     {1, 2, 3, 4},
     "/dev/sda /dev/sdb LUN 1 /dev/sdc /dev/md/azl-local",
     "/dev/sda /dev/sdc LUN 1 LUN 2",
     "",
     ""},
    {"a run for a late disk handles that disk and settled ones, and keeps findings about others",
     "sdb",
     {1, 3, 4},
     "/dev/sdb /dev/sdc",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/md/azl-local",
     "/dev/sdb"},
    {"the record of a disk is dropped if another disk has taken over its name",
     "sda",
     {2, 3, 4},
     "/dev/sda /dev/sdc",
     "/dev/sdc LUN 1",
     "/dev/sdb /dev/md/azl-local",
     "/dev/sda"},
    {"a run for a late disk also handles all disks that no run has handled",
     "sdb",
     {3, 4},
     "/dev/sda /dev/sdb /dev/sdc",
     "/dev/sdc LUN 1",
     "/dev/md/azl-local",
     "/dev/sda /dev/sdb"},
    {"a run for a late member handles the array with all its disks",
     "nvme1n1",
     {1, 2, 3},
     "/dev/sdc /dev/md/azl-local",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/sdb",
     "/dev/nvme0n1 /dev/nvme1n1"},
    {"a run for a disk that does not exist yet handles settled disks only",
     "sdz",
     {1, 2, 3, 4},
     "/dev/sdc",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/sdb /dev/md/azl-local",
     "/dev/sdz"},
    {"a disk without a sequence number keeps its record",
     "sdc",
     {1, 2, 3, 4},
     "/dev/sdc",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/sdb /dev/md/azl-local",
     "/dev/sdc"},
};

}  // namespace

TEST_CASE("a run for late disks continues the record of earlier runs") {
  for (const auto& each : kCases) {
    CAPTURE(each.name);
    const auto run = continue_from(earlier_runs(each.seen), each.late_disk, run_for_all());
    CHECK(devices(run.actions) == each.actions);
    CHECK(devices(run.earlier_disks) == each.earlier_disks);
    CHECK(devices(run.earlier_findings) == each.earlier_findings);
    CHECK(azl::join(std::vector(run.late_disks.begin(), run.late_disks.end()), " ") ==
          each.late_disks);
  }
}

TEST_CASE("a first run has no record to continue") {
  const auto run = continue_from({}, "sdb", run_for_all());
  CHECK(devices(run.actions) == "/dev/sda /dev/sdb /dev/sdc /dev/md/azl-local");
  CHECK(run.earlier_disks.empty());
  CHECK(run.earlier_findings.empty());
  CHECK_FALSE(run.all_recorded());
}

TEST_CASE("a disk that a run has handled is recognized by its sequence number, not by its name") {
  azl::test::TemporaryTree tree;
  tree.mkdir("run/azl-provision");
  tree.write("sys/block/sda/diskseq", "1\n").write("sys/block/sdb/diskseq", "12\n");
  tree.mkdir("sys/block/sdc");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  DisksRun run;
  run.facts.disks = {{.device = "/dev/sdb", .sequence = 12}, {.device = "/dev/sdc"}};
  save_seen_disks(*root, run);
  CHECK(was_disk_seen(*root, "sdb"));
  CHECK_FALSE(was_disk_seen(*root, "sda"));
  CHECK_FALSE(was_disk_seen(*root, "sdc"));  // it has no sequence number
  tree.write("sys/block/sdb/diskseq", "13\n");
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  // A run for a late disk does not handle another disk that was added meanwhile.
  tree.write("sys/block/sdd/diskseq", "14\n");
  run.late_disks = {"/dev/sdd"};
  run.facts.disks = {{.device = "/dev/sdb", .sequence = 13},
                     {.device = "/dev/sdd", .sequence = 14}};
  save_seen_disks(*root, run);
  CHECK(was_disk_seen(*root, "sdd"));
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  tree.write("sys/block/sdb/diskseq", "12\n");
  CHECK(was_disk_seen(*root, "sdb"));
  CHECK(read_earlier_runs(*root).seen == std::set<std::uint64_t>{12, 14});
}

TEST_CASE("a disk that took over another disk's name is recognized by its sequence number") {
  azl::test::TemporaryTree tree;
  tree.mkdir("run/azl-provision").write("sys/block/sdb/diskseq", "12\n");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  CHECK_FALSE(was_replaced(*root, ""));
  CHECK(was_replaced(*root, "sdb"));
  DisksRun run;
  run.facts.disks = {{.device = "/dev/sdb", .sequence = 12}};
  save_seen_disks(*root, run);
  CHECK_FALSE(was_replaced(*root, "sdb"));
  tree.write("sys/block/sdb/diskseq", "13\n");
  CHECK(was_replaced(*root, "sdb"));
  CHECK_FALSE(was_replaced(*root, "sdz"));  // the disk is gone
}

TEST_CASE("untouched disks are those that a run handles and does not change") {
  const auto devices = [](const std::vector<azl::disk::Disk>& disks) {
    std::vector<std::string> names;
    for (const auto& each : disks) names.push_back(each.device);
    return azl::join(names, " ");
  };
  auto run = run_for_all();
  CHECK(devices(run.untouched_disks()) == "/dev/sdc");
  CHECK(devices(run.disks_of(run.actions[0])) == "/dev/sda");
  CHECK(devices(run.disks_of(run.actions[2])).empty());
  CHECK(devices(run.disks_of(run.actions[4])) == "/dev/nvme0n1 /dev/nvme1n1");
  run.actions.erase(run.actions.begin(), run.actions.begin() + 2);
  CHECK(devices(run.untouched_disks()) == "/dev/sda /dev/sdb /dev/sdc");
  run.late_disks = {"/dev/sdb", "/dev/nvme0n1"};
  CHECK(devices(run.untouched_disks()) == "/dev/sdb");
  run.actions.clear();
  CHECK(devices(run.untouched_disks()) == "/dev/sdb /dev/nvme0n1");
}
