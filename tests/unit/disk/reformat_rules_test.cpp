// The rules that the plan uses are also tested by its cases in tests/unit/provision/disks/cases.
#include "disk/reformat_rules.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::disk {
namespace {

TEST_CASE("a disk is read only if the plan needs its content") {
  struct Row {
    const char* what;
    Disk disk;
    std::function<void(DiskOptions&)> change;
    bool read;
  };
  const auto nothing = [](DiskOptions&) {};
  const Use mounted{.mounted_at = {"/mnt"}};
  const Disk used{.kind = DiskKind::kResource, .partitions = {{.number = 1, .use = mounted}}};
  using Local = DiskOptions::Local;
  const auto local = [](Local how) { return [how](DiskOptions& o) { o.local_disks = how; }; };
  const auto lun0 = [](DiskOptions& o) { o.data = {{.lun = 0}}; };
  const Disk member{.kind = DiskKind::kLocal, .use = {.holders = {"md127"}}};
  const std::vector<Row> rows = {
      {"an OS disk that was never grown", {.kind = DiskKind::kOs, .size = 5}, nothing, true},
      {"an OS disk that was grown to its size", {.kind = DiskKind::kOs, .size = 9}, nothing, false},
      {"an OS disk that is not to be grown",
       {.kind = DiskKind::kOs, .size = 5},
       [](auto& o) { o.grow = false; },
       false},
      {"the resource disk", {.kind = DiskKind::kResource}, nothing, true},
      {"a resource disk that is mounted", used, nothing, false},
      {"a resource disk that is not to be used",
       {.kind = DiskKind::kResource},
       [](auto& o) { o.resource_disk = false; },
       false},
      {"a local disk", {.kind = DiskKind::kLocal}, nothing, false},
      {"a local disk, the first one is to be used",
       {.kind = DiskKind::kLocal},
       local(Local::kFirst),
       true},
      {"a member of a running array", member, local(Local::kStripe), true},
      {"a member of a running array, each disk is to be used alone", member, local(Local::kEach),
       false},
      {"a data disk that is not configured", {.kind = DiskKind::kData, .number = 1}, lun0, false},
      {"a configured data disk", {.kind = DiskKind::kData, .number = 0}, lun0, true},
      {"a configured data disk that is mounted",
       {.kind = DiskKind::kData, .number = 0, .use = mounted},
       lun0,
       false},
      {"any other disk", {.kind = DiskKind::kOther}, local(Local::kStripe), false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    DiskOptions options;
    row.change(options);
    CHECK(needs_reading(row.disk, options, {.grown_to = 9}) == row.read);
  }
}

TEST_CASE("a disk has changed if its content differs, but not if only its use differs") {
  const Disk before{
      .device = "/dev/sdb",
      .size = 100,
      .table = "gpt",
      .table_uuid = "t",
      .partitions = {
          {.number = 1, .start = 1, .size = 2, .uuid = "p", .content = {.type = "ext4"}}}};
  CHECK(is_unchanged(before, before));
  const std::vector<std::function<void(Disk&)>> changes = {
      [](Disk& d) { d.size = 101; },
      [](Disk& d) { d.table = "dos"; },
      [](Disk& d) { d.table_uuid = "u"; },
      [](Disk& d) { d.table_unclear = true; },
      [](Disk& d) { d.content.type = "xfs"; },
      [](Disk& d) { d.zeroed = true; },
      [](Disk& d) { d.gap_used = true; },
      [](Disk& d) { d.partitions.clear(); },
      [](Disk& d) { d.partitions.push_back({.number = 2}); },
      [](Disk& d) { d.partitions[0].number = 2; },
      [](Disk& d) { d.partitions[0].start = 2; },
      [](Disk& d) { d.partitions[0].size = 3; },
      [](Disk& d) { d.partitions[0].uuid = "q"; },
      [](Disk& d) { d.partitions[0].type = "q"; },
      [](Disk& d) { d.partitions[0].content.label = "x"; },
      [](Disk& d) { d.partitions[0].zeroed = true; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    Disk now = before;
    changes[i](now);
    CHECK_FALSE(is_unchanged(before, now));
  }
  Disk now = before;
  now.use.holders = {"dm-0"};
  now.partitions[0].entries.emplace();
  CHECK(is_unchanged(before, now));
}

TEST_CASE("a disk is mounted only at a point if nothing else but swap uses it") {
  const Partition data{.number = 1, .use = {.mounted_at = {"/mnt"}}};
  const Partition swap{.number = 2, .use = {.swap = true}};
  const Partition held{.number = 2, .use = {.holders = {"dm-0"}}};
  CHECK(is_mounted_only_at({.partitions = {data, swap}}, "/mnt"));
  CHECK(is_mounted_only_at({.use = {.mounted_at = {"/mnt"}}}, "/mnt"));
  CHECK_FALSE(is_mounted_only_at({.partitions = {data}}, "/data"));
  CHECK_FALSE(is_mounted_only_at({.partitions = {data, held}}, "/mnt"));
  CHECK_FALSE(is_mounted_only_at({.partitions = {swap}}, "/mnt"));
}

TEST_CASE("unfinished work is resumed unless somebody may have used the disk since it failed") {
  struct Row {
    const char* what;
    Partition partition;
    bool failed;
    bool resumed;
    bool doubtful;
  };
  const std::vector<std::string> files = {"lost+found", "file"};
  for (const Row& row :
       std::vector<Row>{{"nothing was written", {.uuid = "a", .zeroed = true}, false, true, false},
                        {"interrupted mkfs", {.uuid = "a"}, false, true, false},
                        {"nothing was written after a failure",
                         {.uuid = "a", .zeroed = true},
                         true,
                         true,
                         false},
                        {"raw data was written after a failure", {.uuid = "a"}, true, false, true},
                        {"a file",
                         {.uuid = "a", .content = {.type = "ext4"}, .entries = files},
                         false,
                         false,
                         false},
                        {"in use", {.uuid = "a", .use = {.swap = true}}, false, false, false},
                        {"another partition", {.uuid = "b"}, false, false, false}}) {
    CAPTURE(row.what);
    const Disk disk{.kind = DiskKind::kData, .table = "gpt", .partitions = {row.partition}};
    const DiskHistory history{.unfinished = {{"a", "data 0", row.failed}}};
    CHECK(can_resume(disk, history) == row.resumed);
    CHECK(why_not_resume(disk, history).empty() != row.doubtful);
  }
}

}  // namespace
}  // namespace azl::disk
