#include "provision/custom_data/plan/disk_setup.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned_disks.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;
using test::wishes_of;

struct Row {
  std::string_view setup;         ///< of disk_setup
  std::string_view file_systems;  ///< of fs_setup
  Lines wishes;
  Lines remarks;
};

void check(const Row& row) {
  CAPTURE(row.setup);
  CAPTURE(row.file_systems);
  std::string document = "#cloud-config\n";
  if (!row.setup.empty()) document += "disk_setup: {" + std::string(row.setup) + "}\n";
  if (!row.file_systems.empty()) document += "fs_setup: [" + std::string(row.file_systems) + "]\n";
  const auto plan = plan_of(document);
  CHECK(wishes_of(plan) == row.wishes);
  CHECK(remarks_of(plan) == row.remarks);
}

constexpr std::string_view kLun = "/dev/disk/azure/scsi1/lun0: {layout: true}";
constexpr std::string_view kExt4 = "{device: /dev/disk/azure/scsi1/lun0, filesystem: ext4}";

TEST_CASE("a document of Azure's manual sets up a data disk") {
  const auto plan = plan_of(
      "#cloud-config\n"
      "disk_setup:\n"
      "  /dev/disk/azure/scsi1/lun0:\n"
      "    table_type: gpt\n"
      "    layout: [100]\n"
      "    overwrite: true\n"
      "fs_setup:\n"
      "  - device: /dev/disk/azure/scsi1/lun0\n"
      "    partition: 1\n"
      "    filesystem: xfs\n"
      "    label: data\n"
      "mounts:\n"
      "  - [/dev/disk/azure/scsi1/lun0-part1, /data, auto, 'defaults,noexec,nofail']\n");
  CHECK(items_of(plan) == Lines{"disk_setup early once"});
  CHECK(plan.items[0].what == "set up 1 disk: LUN 0 (xfs at /data)");
  CHECK(plan.items[0].place.line == 2);
  CHECK(wishes_of(plan) == Lines{"LUN 0 xfs 'data' at /data with noexec"});
  CHECK(remarks_of(plan) == Lines{"n 8:5 disk-overwrite"});
}

TEST_CASE("the resource disk gets a partition for swap") {
  const auto plan = plan_of(
      "#cloud-config\n"
      "mounts:\n"
      "  - [ephemeral0.1, /mnt]\n"
      "  - [ephemeral0.2, none, swap, sw, '0', '0']\n"
      "  - [data.1, /data]\n"
      "device_aliases: {data: /dev/disk/azure/data/by-lun/4}\n"
      "disk_setup:\n"
      "  ephemeral0: {table_type: mbr, layout: [66, [33, 82]], overwrite: true}\n"
      "fs_setup:\n"
      "  - {device: data, filesystem: btrfs}\n"
      "  - {device: ephemeral0.1, filesystem: ext4, overwrite: true}\n"
      "  - {device: ephemeral0.2, filesystem: swap}\n");
  CHECK(items_of(plan) == Lines{"disk_setup early once"});
  CHECK(plan.items[0].place.line == 2);
  CHECK(plan.items[0].what ==
        "set up 2 disks: the resource disk (ext4 at /mnt, 33 % swap), LUN 4 (btrfs at /data)");
  CHECK(remarks_of(plan).empty());
}

TEST_CASE("the layout and the file systems decide what becomes of a disk") {
  const Row rows[] = {
      {"", kExt4, {"LUN 0 ext4"}, {}},
      {kLun, kExt4, {"LUN 0 ext4"}, {}},
      {kLun, "", {}, {"w 2:14 disk-setup"}},
      {"/dev/disk/azure/scsi1/lun0: {layout: false}", "", {}, {}},
      {"/dev/disk/azure/scsi1/lun0: {}", kExt4, {"LUN 0 ext4"}, {}},
      {"/dev/disk/azure/scsi1/lun0: {layout: [50, 50]}", kExt4, {}, {"e 2:14 disk-setup"}},
      {"/dev/disk/azure/scsi1/lun0: {layout: [66, [33, 82]]}", kExt4, {}, {"e 2:14 disk-setup"}},
      {"/dev/disk/azure/scsi1/lun0: {layout: remove}", kExt4, {}, {"e 2:14 disk-setup"}},
      // Two names of one disk.
      {"/dev/disk/azure/data/by-lun/0: {layout: true}", kExt4, {"LUN 0 ext4"}, {}},
      {"/dev/disk/azure/data/by-lun/0: {layout: true}, /dev/disk/azure/scsi1/lun0: {layout: [1, "
       "2]}",
       kExt4,
       {},
       {"w 2:61 disk-setup", "e 2:61 disk-setup"}},
      {"ephemeral0: {layout: true}", "", {"the resource disk"}, {}},
      {"ephemeral0: {layout: false}", "", {}, {"w 2:14 disk-setup"}},
      {"ephemeral0: {layout: [66, [33, 82]]}", "", {"the resource disk 33%"}, {}},
      {"ephemeral0: {layout: [66, 33]}", "", {}, {"e 2:14 disk-setup"}},
      {"ephemeral0: {layout: [66, 33]}",
       "{device: ephemeral0, partition: 2, filesystem: swap}",
       {"the resource disk 33%"},
       {}},
      {"ephemeral0: {layout: [33, 33, 33]}",
       "{device: ephemeral0.1, filesystem: xfs}",
       {},
       {"e 2:14 disk-setup"}},
      {"", "{device: ephemeral0.1, filesystem: xfs}", {"the resource disk xfs"}, {}},
      {"", "{device: ephemeral0.2, filesystem: swap}", {}, {"e 2:12 fs-setup"}},
  };
  for (const auto& row : rows) check(row);
}

TEST_CASE("a file system that is not made costs only itself") {
  const std::string lun = "device: /dev/disk/azure/scsi1/lun0";
  const auto check_item = [&](const std::string& item, const Lines& wishes, const Lines& remarks) {
    check({"", item, wishes, remarks});
  };
  const Lines ext4 = {"LUN 0 ext4"};
  for (const std::string partition : {"auto", "any", "none", "1", "'1'", "~", "0", "''"}) {
    check_item("{" + lun + ", filesystem: ext4, partition: " + partition + "}", ext4, {});
    // The name's own partition counts more, as for cloud-init.
    check_item("{" + lun + "-part1, filesystem: ext4, partition: " + partition + "}", ext4, {});
  }
  for (const std::string partition : {"2", "'2'", "3", "-1", "true", "[1]", "first"})
    check_item("{" + lun + ", filesystem: ext4, partition: " + partition + "}", {},
               {"e 2:12 fs-setup"});
  check_item("{" + lun + "-part2, filesystem: ext4}", {}, {"e 2:12 fs-setup"});
  check_item("{" + lun + ", filesystem: swap}", {}, {"e 2:12 fs-setup"});
  check_item("{" + lun + "}", {}, {"e 2:12 fs-setup"});
  check_item("{" + lun + ", cmd: mkfs}", {}, {"e 2:12 fs-setup"});
  check_item("{filesystem: ext3, " + lun + "}", {}, {"e 2:25 fs-setup"});
  check_item("{filesystem: EXT4, " + lun + "}", {}, {"e 2:25 fs-setup"});
  check_item("{filesystem: ext4}", {}, {"e 2:12 fs-setup"});
  check_item("{filesystem: ext4, device: /dev/mapper/x}", {}, {"e 2:39 fs-setup"});
  check_item("{filesystem: ext4, device: [a]}", {}, {"e 2:39 fs-setup"});
  check_item("{filesystem: ext4, label: thirteen-char, " + lun + "}", {}, {"e 2:38 fs-setup"});
  check_item("{filesystem: ext4, label: 'a b', " + lun + "}", {}, {"e 2:38 fs-setup"});
  check_item("{filesystem: ext4, label: 'twelve-chars', " + lun + "}",
             {"LUN 0 ext4 'twelve-chars'"}, {});
  check_item("x, {" + lun + ", filesystem: ext4}", ext4, {"e 2:12 fs-setup"});
  check_item("{" + lun + ", filesystem: xfs}, {" + lun + ", filesystem: ext4}", ext4,
             {"w 2:67 fs-setup"});
  // The last one that can be used counts.
  check_item("{" + lun + ", filesystem: ext4}, {filesystem: zfs, " + lun + "}", ext4,
             {"e 2:81 fs-setup"});
  // There is nothing to add to an error.
  check({kLun, "{filesystem: zfs, " + lun + "}", {}, {"e 3:25 fs-setup"}});
}

TEST_CASE("keys of a file system that have no effect are named, if they ask for something else") {
  struct {
    std::string_view keys;
    bool warned;
  } const rows[] = {
      {"cmd: mkfs -t ext4 x", true},
      {"cmd: [mkfs, x]", true},
      {"cmd: ''", false},
      {"cmd: false", false},
      {"extra_opts: ['-E', 'lazy_itable_init=0,lazy_journal_init=0']", false},
      {"extra_opts: -F", false},
      {"extra_opts: [-f, -K]", false},
      {"extra_opts: []", false},
      {"extra_opts: ['-m', '0']", true},
      {"extra_opts: [1]", true},
      {"extra_opts: '-O quota'", true},
      {"extra_opts: {a: b}", true},
      {"replace_fs: ntfs", false},
      {"replace_fs: false", false},
      {"replace_fs: ext4", true},
      {"filesystems: ext4", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.keys);
    const auto plan = plan_of("#cloud-config\nfs_setup: [{" + std::string(row.keys) +
                              ", device: ephemeral0, filesystem: ext4}]\n");
    CHECK(wishes_of(plan) == Lines{"the resource disk ext4"});
    CHECK(plan.remarks.size() == (row.warned ? 1 : 0));
  }
}

TEST_CASE("a data disk with other content is overwritten only if both keys say so") {
  struct {
    std::string_view disk;
    std::string_view setup;
    std::string_view file_system;
    bool overwrites;
    Lines remarks;
  } const rows[] = {
      {"/dev/disk/azure/scsi1/lun0", "true", "true", true, {"w 3:12 disk-overwrite"}},
      {"/dev/disk/azure/scsi1/lun0", "'yes'", "1", true, {"w 3:12 disk-overwrite"}},
      {"/dev/disk/azure/scsi1/lun0", "true", "false", false, {"n 3:12 disk-overwrite"}},
      {"/dev/disk/azure/scsi1/lun0", "~", "true", false, {"n 3:12 disk-overwrite"}},
      {"/dev/disk/azure/scsi1/lun0", "false", "~", false, {}},
      {"ephemeral0", "true", "true", false, {}},
      {"ephemeral0", "true", "false", false, {}},
      {"/dev/sdc", "true", "true", false, {"w 2:14 kernel-disk-name", "w 3:12 disk-overwrite"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.disk);
    CAPTURE(row.setup);
    CAPTURE(row.file_system);
    const std::string disk(row.disk);
    const auto plan =
        plan_of("#cloud-config\ndisk_setup: {" + disk + ": {layout: true, overwrite: " +
                std::string(row.setup) + "}}\nfs_setup: [{device: " + disk +
                ", filesystem: ext4, overwrite: " + std::string(row.file_system) + "}]\n");
    REQUIRE(wishes_of(plan).size() == 1);
    CHECK(wishes_of(plan)[0].ends_with(" overwrite") == row.overwrites);
    CHECK(remarks_of(plan) == row.remarks);
  }
  // A disk that is not to be partitioned is not to be overwritten.
  check({"/dev/disk/azure/scsi1/lun0: {overwrite: true}",
         "{device: /dev/disk/azure/scsi1/lun0, filesystem: ext4, overwrite: true}",
         {"LUN 0 ext4"},
         {"n 3:12 disk-overwrite"}});
}

TEST_CASE("disks that cannot be used are named") {
  const Row rows[] = {
      {"/dev/mapper/x: {layout: true}", kExt4, {"LUN 0 ext4"}, {"e 2:14 disk-setup"}},
      {"LABEL=x: {layout: true}", kExt4, {"LUN 0 ext4"}, {"e 2:14 disk-setup"}},
      {"ephemeral0.1: {layout: true}", kExt4, {"LUN 0 ext4"}, {"e 2:14 disk-setup"}},
      {"ephemeral0: true", kExt4, {"LUN 0 ext4"}, {"e 2:14 disk-setup"}},
      {"ephemeral0: {layouts: true}",
       "{device: ephemeral0, filesystem: ext4}",
       {"the resource disk ext4"},
       {"w 2:27 unknown-key"}},
      {"ephemeral0: {overwrite: maybe, layout: true}",
       "",
       {"the resource disk"},
       {"w 2:38 disk-setup"}},
  };
  for (const auto& row : rows) check(row);
  for (const std::string value : {"[a]", "x", "1"}) {
    CHECK(remarks_of("#cloud-config\ndisk_setup: " + value + "\n") == Lines{"e 2:1 disk-setup"});
  }
  CHECK(remarks_of("#cloud-config\nfs_setup: {a: b}\n") == Lines{"e 2:1 fs-setup"});
  CHECK(remarks_of("#cloud-config\ndisk_setup:\nfs_setup:\n") ==
        Lines{"w 2:1 no-value", "w 3:1 no-value"});
}

TEST_CASE("the number of disks is bounded") {
  std::string setups = "#cloud-config\ndisk_setup:\n";
  std::string file_systems = "fs_setup:\n";
  const auto letters = [](int i) {
    return std::string(1, static_cast<char>('a' + i / 26)) + static_cast<char>('a' + i % 26);
  };
  for (int i = 0; i < 100; ++i) {
    setups += "  /dev/sd" + letters(i) + ": {layout: true}\n";
    file_systems += "- {device: sd" + letters(i) + ", filesystem: ext4}\n";
  }
  const auto plan = plan_of(setups + file_systems);
  CHECK(wishes_of(plan).size() == kMostDisks);
  std::size_t errors = 0;
  for (const auto& remark : plan.remarks) errors += remark.level == RemarkLevel::kError ? 1 : 0;
  CHECK(errors == 2);
  CHECK(plan.items[0].what.size() <= 400);
}

}  // namespace
}  // namespace azl::provision::custom_data
