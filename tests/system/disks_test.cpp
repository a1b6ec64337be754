// Probes disks that mkfs, mkswap, cryptsetup and sfdisk have written: images, and loop devices.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "base/fd.h"
#include "disk/inventory.h"
#include "disk/probe.h"
#include "disk/reformat_rules.h"
#include "tests/unit/disk/disk_image.h"
#include "tests/unit/disk/fake_disks.h"

namespace azl::disk {
namespace {

using namespace std::string_literals;
using namespace azl::test;

constexpr std::uint64_t kMiB = DiskImage::kMiB;
constexpr std::uint64_t kDiskSize = 512 * kMiB;
constexpr std::uint64_t kPartSize = 320 * kMiB;
const std::string kGpt = "label: gpt\nstart=2048,size=655360\n";
const std::string kDos = "label: dos\nstart=2048,size=655360,type=7\n";

/// A program that makes something in a file, and the type that libblkid finds then.
struct Maker {
  std::string program;
  std::string command;
  std::string type;
  std::string label = {};
};

std::vector<Maker> makers() {
  std::vector<Maker> all{
      {"mkfs.ext4", "mkfs.ext4 -q -F -L scratch", "ext4", "scratch"},
      {"mkfs.xfs", "mkfs.xfs -q -f -L scratch", "xfs", "scratch"},
      {"mkfs.btrfs", "mkfs.btrfs -q -f -L scratch", "btrfs", "scratch"},
      {"mkntfs", "mkntfs -q -Q -F -L 'Temporary Storage'", "ntfs", "Temporary Storage"},
      {"mkswap", "mkswap -L scratch", "swap", "scratch"},
      {"cryptsetup",
       "printf key | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 "
       "--pbkdf-force-iterations 1000 --key-file -",
       "crypto_LUKS"},
  };
  std::erase_if(all, [](const Maker& maker) {
    const bool missing = !has_program(maker.program);
    if (missing) MESSAGE("skipped: " << maker.program << " is missing");
    return missing;
  });
  return all;
}

/// A superblock of md 1.2: magic, version 1, and its own offset in sectors. mdadm writes one only
/// if the kernel supports md.
std::string raid_superblock() {
  std::string block(256, '\0');
  block.replace(0, 5, "\xfc\x4e\x2b\xa9\x01"s);
  block.replace(16, 16, "0123456789abcdef");
  block.replace(32, 4, "vm:0");
  block[144] = 8;
  return block;
}

void check_partition(const Disk& disk, const std::string& type, const std::string& label) {
  CHECK(disk.error.empty());
  CHECK_FALSE(disk.table_unclear);
  CHECK_FALSE(disk.gap_used);
  CHECK_FALSE(disk.zeroed);
  CHECK(disk.content == Content{});
  REQUIRE(disk.partitions.size() == 1);
  const Partition& partition = disk.partitions.front();
  CHECK(partition.start == kMiB);
  CHECK(partition.size == kPartSize);
  CHECK(partition.content.type == type);
  CHECK(partition.content.label == label);
  CHECK_FALSE(partition.content.uuid.empty());
  CHECK_FALSE(partition.content.unclear);
  CHECK_FALSE(partition.zeroed);
}

TEST_CASE("the content of a partition is found there only" * doctest::skip(without_sfdisk())) {
  for (const Maker& maker : makers()) {
    for (const auto& [table, type] : {std::pair(kGpt, "gpt"), std::pair(kDos, "dos")}) {
      CAPTURE(maker.program);
      CAPTURE(type);
      DiskImage image(kDiskSize);
      image.table(table).content(maker.command, kMiB, kPartSize);
      const Disk disk = image.probe();
      CHECK(disk.table == type);
      check_partition(disk, maker.type, maker.label);
    }
  }
}

TEST_CASE("the content of a whole disk is found") {
  for (const Maker& maker : makers()) {
    CAPTURE(maker.program);
    DiskImage image(kDiskSize);
    image.content(maker.command, 0);
    const Disk disk = image.probe();
    CHECK(disk.table.empty());
    CHECK_FALSE(disk.table_unclear);
    CHECK_FALSE(disk.zeroed);
    CHECK(disk.partitions.empty());
    CHECK(disk.content.type == maker.type);
    CHECK(disk.content.label == maker.label);
    CHECK_FALSE(disk.content.unclear);
  }
}

TEST_CASE("a disk with a table over a file system, or the reverse, is not blank" *
          doctest::skip(without_sfdisk())) {
  for (const Maker& maker : makers()) {
    for (const std::string& table : {kGpt, kDos}) {
      CAPTURE(maker.program);
      CAPTURE(table);
      DiskImage over(kDiskSize);
      over.content(maker.command, 0).table(table);
      DiskImage under(kDiskSize);
      under.table(table).content(maker.command, 0);
      for (const Disk& disk : {over.probe(), under.probe()}) {
        CHECK_FALSE(disk.zeroed);
        // The content is one or the other, or is unclear.
        CHECK((disk.table_unclear || disk.gap_used || disk.content != Content{} ||
               !disk.partitions.empty()));
      }
    }
  }
}

TEST_CASE("members of arrays are recognized" * doctest::skip(without_sfdisk())) {
  DiskImage whole(kDiskSize);
  CHECK(whole.bytes(4096, raid_superblock()).probe().content.type == "linux_raid_member");
  DiskImage partition(kDiskSize);
  partition.table(kGpt).bytes(kMiB + 4096, raid_superblock());
  check_partition(partition.probe(), "linux_raid_member", "vm:0");
}

TEST_CASE("Azure's resource disk is read as it is delivered" * doctest::skip(without_sfdisk())) {
  if (!has_program("mkntfs")) return;
  FakeDisks disks;
  disks.scsi("sda", kScsi0, "0:0:0:0", "8:0").scsi("sdb", kScsi0, "0:0:0:1", "8:16");
  DiskImage image(kDiskSize);
  image.table(kDos).content("mkntfs -q -Q -F -L 'Temporary Storage'", kMiB, kPartSize);
  run("cp --sparse=always " + image.path() + " " + disks.tree().path("dev/sdb"));
  const auto found = read_disks(disks.root(), {}, {.needs_content = [](const Disk& disk) {
                                  return disk.kind == DiskKind::kResource;
                                }});
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0].kind == DiskKind::kOs);
  CHECK((*found)[0].table.empty());
  const Disk& resource = (*found)[1];
  CHECK(resource.device == "/dev/sdb");
  CHECK(resource.size == kDiskSize);
  check_partition(resource, "ntfs", "Temporary Storage");
}

TEST_CASE("Azure's resource disk of more than 2 TB is known by its layout" *
          doctest::skip(without_sfdisk())) {
  if (!has_program("mkntfs")) return;
  constexpr std::uint64_t kSize = std::uint64_t{3} << 40U;
  for (const std::uint64_t reserved : {16 * kMiB, 128 * kMiB}) {
    CAPTURE(reserved);
    DiskImage image(kSize);
    image
        .table("label: gpt\nfirst-lba: 34\nstart=34, size=" + std::to_string(reserved / 512 - 34) +
               ", type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\nstart=" +
               std::to_string(reserved / 512) + ", type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n")
        .content("mkntfs -q -Q -F -L 'Temporary Storage'", reserved);
    auto disk = image.probe();
    REQUIRE(disk.partitions.size() == 2);
    CHECK(decide_temporary_storage(disk, true).first);
    disk.partitions[1].entries = {"DATALOSS_WARNING_README.txt"};
    CHECK(decide_temporary_storage(disk, false) ==
          std::pair(true, std::string("it is as Azure hands it out")));
    image.bytes(kMiB, "somebody's data in the reserved partition");
    CHECK_FALSE(decide_temporary_storage(image.probe(), true).first);
  }
}

/// Probes a loop device that is open with O_EXCL.
Disk probe_loop(const LoopDevice& loop) {
  Disk disk{.device = loop.path()};
  const UniqueFd fd(open(loop.path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_EXCL));
  const auto probed = probe_disk(fd.get(), disk);
  if (!probed) disk.error = probed.error().to_string();
  return disk;
}

TEST_CASE("a loop device is probed like its image" * doctest::skip(without_sfdisk())) {
  if (!can_mount_images()) return;
  for (const Maker& maker : makers()) {
    CAPTURE(maker.program);
    DiskImage image(kDiskSize);
    image.table(kGpt).content(maker.command, kMiB, kPartSize);
    const LoopDevice loop(image.path());
    const Disk disk = probe_loop(loop);
    check_partition(disk, maker.type, maker.label);
    REQUIRE(disk.partitions.size() == 1);
    CHECK(disk.partitions[0].device == loop.path() + "p1");
    CHECK(disk.table_uuid == image.probe().table_uuid);
  }
}

TEST_CASE("offsets are in bytes on a disk with sectors of 4096 bytes" *
          doctest::skip(without_sfdisk())) {
  if (!can_mount_images()) return;
  const DiskImage image(kDiskSize);
  const LoopDevice loop(image.path(), "--sector-size 4096");
  run("printf 'label: gpt\nstart=256,size=81920\n' | sfdisk --no-reread --no-tell-kernel " +
      loop.path());
  Disk disk = probe_loop(loop);
  CHECK(disk.table == "gpt");
  CHECK_FALSE(disk.table_unclear);
  CHECK_FALSE(disk.gap_used);
  REQUIRE(disk.partitions.size() == 1);
  CHECK(disk.partitions[0].start == kMiB);
  CHECK(disk.partitions[0].size == kPartSize);
  CHECK(disk.partitions[0].zeroed);
  run("printf x | dd conv=notrunc oflag=seek_bytes seek=" + std::to_string(6 * 4096) +
      " of=" + loop.path());
  CHECK(probe_loop(loop).gap_used);  // LBA 6, behind the entries
}

}  // namespace
}  // namespace azl::disk
