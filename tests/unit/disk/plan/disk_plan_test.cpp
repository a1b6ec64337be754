// tests/unit/provision/disks/cases_test.cpp tests plan_disks.
#include "disk/plan/disk_plan.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::disk;

namespace {

std::string lines(const std::vector<DiskAction>& actions) {
  std::string text;
  for (const auto& action : actions) text += describe_action(action) + ": " + action.why + "\n";
  return text;
}

}  // namespace

TEST_CASE("the array of local disks is planned like a disk, without a partition table") {
  DiskOptions options;
  options.local_disks = DiskOptions::Local::kStripe;
  Disk array{.device = "/dev/md127", .kind = DiskKind::kArray, .size = 1 << 30, .zeroed = true};
  CHECK(lines(plan_array(array, {}, options)) ==
        "format /dev/md127 as ext4 'ephemeral': it is blank\n"
        "mount /dev/md127 at /local: it is new\n");
  array.zeroed = false;
  array.content = {.type = "ext4", .label = "ephemeral"};
  CHECK(lines(plan_array(array, {}, options)) ==
        "mount /dev/md127 at /local: an earlier boot made its file system\n");
  array.array_uuid = "a1";
  // Unfinished, but there is a file system by now: somebody may have used it.
  CHECK(lines(plan_array(array, {.history = {.unfinished = {{"a1", "array"}}}}, options)) ==
        "mount /dev/md127 at /local: an earlier boot made its file system\n");
  array.content = {};
  CHECK(lines(plan_array(array, {.history = {.unfinished = {{"a1", "array"}}}}, options)) ==
        "format /dev/md127 as ext4 'ephemeral': an earlier boot did not finish making its file "
        "system\n"
        "mount /dev/md127 at /local: it is new\n");
  // Failed: somebody may have used it without a file system since then.
  CHECK(lines(plan_array(array, {.history = {.unfinished = {{"a1", "array", true}}}}, options)) ==
        "leave /dev/md127: making its file system failed, and it may hold somebody's data now\n");
  array.table = "gpt";
  CHECK(lines(plan_array(array, {.history = {.unfinished = {{"a1", "array"}}}}, options)) ==
        "leave /dev/md127: it has a partition table without partitions\n");
  array.table.clear();
  array.content.type = "ext4";
  array.content.label = "db";
  CHECK(lines(plan_array(array, {}, options)) == "leave /dev/md127: it has ext4 'db'\n");
  array.content.label = "ephemeral";
  array.use.mounted_at = {"/local"};
  CHECK(lines(plan_array(array, {}, options)) ==
        "leave /dev/md127: it is mounted at /local already\n");
}

TEST_CASE("a disk is found by its device") {
  const DiskFacts facts{.disks = {{.device = "/dev/sda"}, {.device = "/dev/sdb"}}};
  CHECK(find_disk(facts, "/dev/sdb") == &facts.disks[1]);
  CHECK(find_disk(facts, "/dev/sdc") == nullptr);
}

TEST_CASE("any is false if the options ask for nothing") {
  CHECK(DiskOptions{}.any());
  DiskOptions none{.grow = false, .resource_disk = false};
  CHECK_FALSE(none.any());
  none.data.push_back({.lun = 0});
  CHECK(none.any());
}
