// What decides by disk_judgement.h beside the plan, whose cases are in
// tests/unit/provision/disks/cases.
#include "disk/reformat_rules.h"

#include <functional>
#include <vector>

#include <doctest/doctest.h>

namespace azl::disk {
namespace {

TEST_CASE("a disk is opened only if the plan has a use for what is on it") {
  struct Row {
    const char* what;
    Disk disk;
    std::function<void(DiskOptions&)> change;
    bool asked;
  };
  const auto nothing = [](DiskOptions&) {};
  const Use mounted{.mounted_at = {"/mnt"}};
  const Disk used{.kind = DiskKind::kResource, .partitions = {{.number = 1, .use = mounted}}};
  using Local = DiskOptions::Local;
  const auto local = [](Local how) { return [how](DiskOptions& o) { o.local_disks = how; }; };
  const auto lun0 = [](DiskOptions& o) { o.data = {{.lun = 0}}; };
  const Disk member{.kind = DiskKind::kLocal, .use = {.holders = {"md127"}}};
  const std::vector<Row> rows = {
      {"the OS disk that was never grown", {.kind = DiskKind::kOs, .size = 5}, nothing, true},
      {"the OS disk that was grown to its size",
       {.kind = DiskKind::kOs, .size = 9},
       nothing,
       false},
      {"no growth", {.kind = DiskKind::kOs, .size = 5}, [](auto& o) { o.grow = false; }, false},
      {"the resource disk", {.kind = DiskKind::kResource}, nothing, true},
      {"one that is mounted", used, nothing, false},
      {"switched off",
       {.kind = DiskKind::kResource},
       [](auto& o) { o.resource_disk = false; },
       false},
      {"a local disk", {.kind = DiskKind::kLocal}, nothing, false},
      {"the first is asked for", {.kind = DiskKind::kLocal}, local(Local::kFirst), true},
      {"a member of an array that runs", member, local(Local::kStripe), true},
      {"the same, each by itself", member, local(Local::kEach), false},
      {"a data disk that nobody named", {.kind = DiskKind::kData, .number = 1}, lun0, false},
      {"one that is named", {.kind = DiskKind::kData, .number = 0}, lun0, true},
      {"and mounted", {.kind = DiskKind::kData, .number = 0, .use = mounted}, lun0, false},
      {"any other disk", {.kind = DiskKind::kOther}, local(Local::kStripe), false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    DiskOptions options;
    row.change(options);
    CHECK(needs_reading(row.disk, options, {.grown_to = 9}) == row.asked);
  }
}

TEST_CASE("any difference in what is read makes a disk another one, and none in who uses it") {
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

}  // namespace
}  // namespace azl::disk
