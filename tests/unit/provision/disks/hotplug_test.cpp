#include "provision/disks/hotplug.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::disk::Act;

namespace {

/// A look at a VM with all that can be: two disks, one of a kernel that does not count, an array.
DisksLook look_at_all() {
  DisksLook look;
  look.facts.disks = {{.device = "/dev/sda", .sequence = 1},
                      {.device = "/dev/sdb", .sequence = 2},
                      {.device = "/dev/sdc"},
                      {.device = "/dev/nvme0n1", .sequence = 3},
                      {.device = "/dev/nvme1n1", .sequence = 4}};
  look.actions = {{.act = Act::kFormat, .device = "/dev/sda"},
                  {.act = Act::kFormat, .device = "/dev/sdb"},
                  {.act = Act::kLeave, .device = "LUN 1"},
                  {.act = Act::kLeave, .device = "/dev/sdc", .settled = true},
                  {.act = Act::kStripe,
                   .device = "/dev/md/azl-local",
                   .members = {"/dev/nvme0n1", "/dev/nvme1n1"}}};
  return look;
}

FindingRecord finding(const std::string& device) {
  FindingRecord record;
  record.chain = {"it is not as it was to be"};
  record.device = device;
  return record;
}

/// What earlier runs told: of a disk that is gone, too, of LUN 2, which has a disk by now, and of
/// what is about no disk.
EarlierRuns all_told(std::set<std::uint64_t> seen) {
  return {.seen = std::move(seen),
          .told = {{.device = "/dev/sda"},
                   {.device = "/dev/sdc"},
                   {.device = "LUN 1"},
                   {.device = "LUN 2"}},
          .found = {finding("/dev/sda"), finding("/dev/sdb"), finding("/dev/sdx"),
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
  // What is left of each:
  const char* actions;
  const char* told;
  const char* warned;
  const char* late;
};

const std::vector<Case> kCases = {
    {"a run for all disks does all, and warns anew",
     "",
     {1, 2, 3, 4},
     "/dev/sda /dev/sdb LUN 1 /dev/sdc /dev/md/azl-local",
     "/dev/sda /dev/sdc LUN 1 LUN 2",
     "",
     ""},
    {"one for a late disk is about it, tells what is settled, and keeps the others' warnings",
     "sdb",
     {1, 3, 4},
     "/dev/sdb /dev/sdc",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/md/azl-local",
     "/dev/sdb"},
    {"what was told of a disk is not told of another one under its name",
     "sda",
     {2, 3, 4},
     "/dev/sda /dev/sdc",
     "/dev/sdc LUN 1",
     "/dev/sdb /dev/md/azl-local",
     "/dev/sda"},
    {"a late disk has all others with it for which no run was",
     "sdb",
     {3, 4},
     "/dev/sda /dev/sdb /dev/sdc",
     "/dev/sdc LUN 1",
     "/dev/md/azl-local",
     "/dev/sda /dev/sdb"},
    {"an array is brought up with all of its disks",
     "nvme1n1",
     {1, 2, 3},
     "/dev/sdc /dev/md/azl-local",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/sdb",
     "/dev/nvme0n1 /dev/nvme1n1"},
    {"one that is not here yet leaves all others",
     "sdz",
     {1, 2, 3, 4},
     "/dev/sdc",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/sdb /dev/md/azl-local",
     "/dev/sdz"},
    {"one without a count is told as before",
     "sdc",
     {1, 2, 3, 4},
     "/dev/sdc",
     "/dev/sda /dev/sdc LUN 1",
     "/dev/sda /dev/sdb /dev/md/azl-local",
     "/dev/sdc"},
};

}  // namespace

TEST_CASE("a run for late disks goes on from what earlier runs said") {
  for (const auto& each : kCases) {
    CAPTURE(each.name);
    const auto look = go_on_from(all_told(each.seen), each.late_disk, look_at_all());
    CHECK(devices(look.actions) == each.actions);
    CHECK(devices(look.told) == each.told);
    CHECK(devices(look.warned) == each.warned);
    CHECK(azl::join(std::vector(look.late.begin(), look.late.end()), " ") == each.late);
  }
}

TEST_CASE("a first run has nothing to go on from") {
  const auto look = go_on_from({}, "sdb", look_at_all());
  CHECK(devices(look.actions) == "/dev/sda /dev/sdb /dev/sdc /dev/md/azl-local");
  CHECK(look.told.empty());
  CHECK(look.warned.empty());
  CHECK_FALSE(look.all_told());
}

TEST_CASE("a disk that was looked at on this boot is known by its count, not by its name") {
  azl::test::TemporaryTree tree;
  tree.mkdir("run/azl-provision");
  tree.write("sys/block/sda/diskseq", "1\n").write("sys/block/sdb/diskseq", "12\n");
  tree.mkdir("sys/block/sdc");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  DisksLook look;
  look.facts.disks = {{.device = "/dev/sdb", .sequence = 12}, {.device = "/dev/sdc"}};
  remember_seen_disks(*root, look);
  CHECK(was_disk_seen(*root, "sdb"));
  CHECK_FALSE(was_disk_seen(*root, "sda"));
  CHECK_FALSE(was_disk_seen(*root, "sdc"));  // a kernel that does not count
  tree.write("sys/block/sdb/diskseq", "13\n");
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  // A run for one that came late is not for another one that came meanwhile.
  tree.write("sys/block/sdd/diskseq", "14\n");
  look.late = {"/dev/sdd"};
  look.facts.disks = {{.device = "/dev/sdb", .sequence = 13},
                      {.device = "/dev/sdd", .sequence = 14}};
  remember_seen_disks(*root, look);
  CHECK(was_disk_seen(*root, "sdd"));
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  tree.write("sys/block/sdb/diskseq", "12\n");
  CHECK(was_disk_seen(*root, "sdb"));
  CHECK(read_earlier_runs(*root).seen == std::set<std::uint64_t>{12, 14});
}

TEST_CASE("a disk under the name of one that was looked at is another one by its count") {
  azl::test::TemporaryTree tree;
  tree.mkdir("run/azl-provision").write("sys/block/sdb/diskseq", "12\n");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  CHECK_FALSE(was_swapped(*root, ""));
  CHECK(was_swapped(*root, "sdb"));
  DisksLook look;
  look.facts.disks = {{.device = "/dev/sdb", .sequence = 12}};
  remember_seen_disks(*root, look);
  CHECK_FALSE(was_swapped(*root, "sdb"));
  tree.write("sys/block/sdb/diskseq", "13\n");
  CHECK(was_swapped(*root, "sdb"));
  CHECK_FALSE(was_swapped(*root, "sdz"));  // it is gone
}

TEST_CASE("a run leaves the disks that it is for and does nothing with") {
  const auto devices = [](const std::vector<azl::disk::Disk>& disks) {
    std::vector<std::string> names;
    for (const auto& each : disks) names.push_back(each.device);
    return azl::join(names, " ");
  };
  auto look = look_at_all();
  CHECK(devices(look.left()) == "/dev/sdc");
  CHECK(devices(look.disks_of(look.actions[0])) == "/dev/sda");
  CHECK(devices(look.disks_of(look.actions[2])).empty());
  CHECK(devices(look.disks_of(look.actions[4])) == "/dev/nvme0n1 /dev/nvme1n1");
  look.actions.erase(look.actions.begin(), look.actions.begin() + 2);
  CHECK(devices(look.left()) == "/dev/sda /dev/sdb /dev/sdc");
  look.late = {"/dev/sdb", "/dev/nvme0n1"};
  CHECK(devices(look.left()) == "/dev/sdb");
  look.actions.clear();
  CHECK(devices(look.left()) == "/dev/sdb /dev/nvme0n1");
}
