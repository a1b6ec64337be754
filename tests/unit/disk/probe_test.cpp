#include "disk/probe.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/disk/disk_image.h"

namespace azl::disk {
namespace {

using namespace std::string_literals;
using test::DiskImage;

constexpr std::uint64_t kMiB = test::DiskImage::kMiB;

const std::string kGpt = "label: gpt\nstart=2048,size=40960\n";
const std::string kDos = "label: dos\nstart=2048,size=40960,type=7\n";

TEST_CASE("an empty disk is zeroed and has no content") {
  for (const std::uint64_t size : {64 * kMiB, kMiB, std::uint64_t{4096}, std::uint64_t{512}}) {
    CAPTURE(size);
    const Disk disk = DiskImage(size).probe();
    CHECK(disk.size == size);
    CHECK(disk.zeroed);
    CHECK(disk.table.empty());
    CHECK_FALSE(disk.table_unclear);
    CHECK_FALSE(disk.gap_used);
    CHECK(disk.partitions.empty());
    if (size > 4096) CHECK(disk.content == Content{});
  }
}

TEST_CASE("a disk with a byte in its first or last MiB is not zeroed") {
  CHECK_FALSE(DiskImage().bytes(0, "x").probe().zeroed);
  CHECK_FALSE(DiskImage().bytes(kMiB - 1, "x").probe().zeroed);
  CHECK_FALSE(DiskImage().bytes(63 * kMiB, "x").probe().zeroed);
  CHECK_FALSE(DiskImage().bytes(64 * kMiB - 1, "x").probe().zeroed);
  CHECK_FALSE(DiskImage(kMiB + 512).bytes(kMiB + 100, "x").probe().zeroed);
  CHECK(DiskImage().bytes(kMiB, "x").probe().zeroed);
}

TEST_CASE("tables are read with their partitions, and partitions with their content" *
          doctest::skip(test::without_sfdisk())) {
  for (const auto& [script, type] : {std::pair(kGpt, "gpt"), std::pair(kDos, "dos")}) {
    CAPTURE(type);
    DiskImage image;
    image.table(script).content("mkswap --label scratch", kMiB);
    const Disk disk = image.probe();
    CHECK(disk.table == type);
    CHECK_FALSE(disk.table_uuid.empty());
    CHECK_FALSE(disk.table_unclear);
    CHECK_FALSE(disk.gap_used);
    CHECK_FALSE(disk.zeroed);
    CHECK(disk.content == Content{});
    REQUIRE(disk.partitions.size() == 1);
    const Partition& first = disk.partitions.front();
    CHECK(first.number == 1);
    CHECK(first.device == "/dev/sdb1");
    CHECK(first.start == kMiB);
    CHECK(first.size == 20 * kMiB);
    CHECK_FALSE(first.uuid.empty());
    CHECK(first.content.type == "swap");
    CHECK(first.content.label == "scratch");
    CHECK_FALSE(first.content.uuid.empty());
    CHECK_FALSE(first.content.unclear);
    CHECK_FALSE(first.zeroed);
  }
}

TEST_CASE("the partitions of a resource disk of more than 2 TB have their types" *
          doctest::skip(test::without_sfdisk())) {
  constexpr std::uint64_t kSize = std::uint64_t{3} << 40U;
  DiskImage image(kSize);
  // As Windows makes it: the reserved partition begins right behind the table.
  image.table(
      "label: gpt\nfirst-lba: 34\n"
      "start=34, size=32734, type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\n"
      "start=32768, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n");
  const Disk disk = image.probe();
  CHECK(disk.size == kSize);
  CHECK(disk.table == "gpt");
  CHECK_FALSE(disk.table_unclear);
  CHECK_FALSE(disk.gap_used);
  REQUIRE(disk.partitions.size() == 2);
  CHECK(disk.partitions[0].type == "e3c9e316-0b5c-4db8-817d-f92df00215ae");
  CHECK(disk.partitions[0].zeroed);
  CHECK(disk.partitions[1].type == "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
  CHECK(disk.partitions[1].start == 16 * kMiB);
  CHECK(disk.partitions[1].size > kSize - 20 * kMiB);
  CHECK(DiskImage().table(kDos).probe().partitions.front().type.empty());
}

TEST_CASE("a partition whose first and last MiB are zero is zeroed" *
          doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.table(kGpt).bytes(2 * kMiB, "behind the first MiB");
  CHECK(image.probe().partitions.front().zeroed);
  CHECK(image.probe().partitions.front().content == Content{});
  const auto first = image.probe().partitions.front();
  image.bytes(first.start + first.size - 1, "x");
  CHECK_FALSE(image.probe().partitions.front().zeroed);
  image.bytes(first.start + first.size - 1, std::string(1, '\0'));
  CHECK(image.probe().partitions.front().zeroed);
  image.bytes(first.start + kMiB - 1, "x");
  CHECK_FALSE(image.probe().partitions.front().zeroed);
}

TEST_CASE("a file system on the whole disk is its content") {
  DiskImage image;
  image.content("mkswap --label whole", 0);
  const Disk disk = image.probe();
  CHECK(disk.table.empty());
  CHECK(disk.content.type == "swap");
  CHECK(disk.content.label == "whole");
}

TEST_CASE("a file system on the whole disk makes its table unclear" *
          doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.content("mkfs.ext4 -q -F", 0).table(kDos);
  const Disk disk = image.probe();
  CHECK(disk.table == "dos");
  CHECK(disk.table_unclear);
  CHECK(disk.content == Content{});
}

TEST_CASE("partitions are sorted by their start" * doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.table("label: gpt\n2: start=2048,size=2048\n1: start=8192,size=2048\n");
  const Disk disk = image.probe();
  REQUIRE(disk.partitions.size() == 2);
  CHECK(disk.partitions[0].number == 2);
  CHECK(disk.partitions[0].device == "/dev/sdb2");
  CHECK(disk.partitions[1].number == 1);
  CHECK_FALSE(disk.table_unclear);
}

TEST_CASE("data in a gap is found, and the backup of the table is ignored" *
          doctest::skip(test::without_sfdisk())) {
  struct Row {
    const char* what;
    const std::string& table;
    std::uint64_t at;
    bool used;
  };
  constexpr std::uint64_t kEnd = 21 * kMiB;  // the end of the partition
  const std::vector<Row> rows{
      {"behind the GPT", kGpt, std::uint64_t{34} * 512, true},
      {"before the first partition", kGpt, kMiB - 1, true},
      {"behind the last partition", kGpt, kEnd, true},
      {"in the first MiB of the last gap", kGpt, kEnd + kMiB - 1, true},
      {"in the middle of the last gap", kGpt, kEnd + 10 * kMiB, false},
      {"right before the backup", kGpt, 64 * kMiB - std::uint64_t{33} * 512 - 1, true},
      {"in the partition", kGpt, kMiB, false},
      {"behind the MBR", kDos, 512, true},
      {"before the first partition", kDos, kMiB - 1, true},
      {"at the disk's end", kDos, 64 * kMiB - 1, true},
      {"in the MBR's code", kDos, 0, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CAPTURE(row.table);
    DiskImage image;
    image.table(row.table).bytes(row.at, "x");
    CHECK(image.probe().gap_used == row.used);
  }
}

TEST_CASE("data between two partitions is found" * doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.table("label: dos\nstart=2048,size=2048\nstart=8192,size=2048\n");
  CHECK_FALSE(image.probe().gap_used);
  CHECK(image.bytes(2 * kMiB, "x").probe().gap_used);
}

TEST_CASE("the backup of the table in the middle of a grown disk is ignored" *
          doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.table("label: gpt\nstart=2048\n").resize(128 * kMiB);
  const Disk disk = image.probe();
  CHECK(disk.table == "gpt");
  CHECK_FALSE(disk.table_unclear);
  CHECK_FALSE(disk.gap_used);
  CHECK(disk.size == 128 * kMiB);
}

TEST_CASE("an impossible or unsupported table is unclear" * doctest::skip(test::without_sfdisk())) {
  struct Row {
    const char* what;
    std::string script;
  };
  const std::vector<Row> rows{
      {"an extended partition", "label: dos\nstart=2048,size=40960,type=5\n"},
      {"a logical partition",
       "label: dos\nstart=2048,size=40960,type=5\nstart=4096,size=2048,type=83\n"},
      {"another kind of table", "label: sun\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    DiskImage image;
    image.table(row.script);
    CHECK_FALSE(image.probe().table.empty());
    CHECK(image.probe().table_unclear);
  }
  CHECK(DiskImage().table(kDos).resize(20 * kMiB).probe().table_unclear);  // ends too late
  CHECK(DiskImage().table(kGpt).resize(20 * kMiB).probe().table_unclear);
}

/// An entry of a DOS table: active flag, places in cylinders, type, start and size in sectors.
std::string dos_entry(char type, std::uint32_t start, std::uint32_t size) {
  std::string entry(16, '\0');
  entry[4] = type;
  for (std::size_t i = 0; i < 4; ++i) {
    entry[8 + i] = static_cast<char>(start >> (8 * i) & 0xFFU);
    entry[12 + i] = static_cast<char>(size >> (8 * i) & 0xFFU);
  }
  return entry;
}

TEST_CASE("partitions that overlap each other or the table are unclear") {
  struct Row {
    std::string first;
    std::string second;
    bool unclear;
  };
  const std::vector<Row> rows{
      {dos_entry(7, 2048, 2048), dos_entry(7, 4096, 2048), false},
      {dos_entry(7, 2048, 2048), dos_entry(7, 4095, 2048), true},
      {dos_entry(7, 4096, 2048), dos_entry(7, 2048, 8192), true},
      {dos_entry(7, 2048, 2048), dos_entry(7, 2048, 2048), true},
      {dos_entry(7, 0, 2048), dos_entry(7, 4096, 2048), true},
      {dos_entry(7, 2048, 2048), dos_entry(7, 4096, 0xFFFFFFFF), true},
  };
  for (const Row& row : rows) {
    DiskImage image;
    image.bytes(446, row.first + row.second).bytes(510, "\x55\xAA");
    const Disk disk = image.probe();
    CAPTURE(disk.partitions.size());
    CHECK(disk.table == "dos");
    CHECK(disk.table_unclear == row.unclear);
  }
}

TEST_CASE("a damaged GPT is unclear, even if its backup is intact" *
          doctest::skip(test::without_sfdisk())) {
  struct Row {
    const char* what;
    std::uint64_t at;
  };
  const std::vector<Row> rows{{"the header's magic", 512},
                              {"the header's size", 512 + 12},
                              {"the disk's id", 512 + 60},
                              {"the first entry's name", 1024 + 60},
                              {"an entry that is not used", 1024 + 128 * 5}};
  for (const Row& row : rows) {
    CAPTURE(row.what);
    DiskImage image;
    image.table(kGpt).bytes(row.at, "\xA5");
    const Disk disk = image.probe();
    CHECK(disk.table == "gpt");
    CHECK(disk.table_unclear);
  }
  const std::string nothing(512, '\0');
  DiskImage both;
  both.table(kGpt).bytes(512, nothing).bytes(64 * kMiB - 512, nothing);
  CHECK(both.probe().table == "gpt");
  CHECK(both.probe().table_unclear);
  DiskImage backup;
  backup.table(kGpt).bytes(64 * kMiB - 512, nothing);
  CHECK_FALSE(backup.probe().table_unclear);  // the next change to the table writes a new backup
}

TEST_CASE("a disk with a GPT whose protective MBR is missing is not zeroed" *
          doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.table(kGpt).bytes(0, std::string(512, '\0'));
  CHECK_FALSE(image.probe().zeroed);
}

TEST_CASE("contradicting signatures are unclear" * doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.table(kGpt).content("mkfs.ext4 -q -F", kMiB);
  CHECK(image.probe().partitions.front().content.type == "ext4");
  // ext4 does not use the first KiB, where a superblock of squashfs 4 fits.
  image.bytes(kMiB, "hsqs" + std::string(24, '\0') + "\x04");
  const Content content = image.probe().partitions.front().content;
  CHECK(content.unclear);
  CHECK(content.type.empty());
}

TEST_CASE("random data is neither a table nor zero") {
  std::string garbage;
  for (unsigned i = 0; i < 2 * kMiB; ++i) garbage += static_cast<char>((i * 2654435761U) >> 13U);
  DiskImage image;
  image.bytes(0, garbage);
  const Disk disk = image.probe();
  CHECK_FALSE(disk.zeroed);
  CHECK(disk.content.type.empty());
}

TEST_CASE("members that are not read from the disk stay when it is probed again" *
          doctest::skip(test::without_sfdisk())) {
  DiskImage image;
  image.table(kGpt);
  const Disk before{.device = "/dev/disk/by-x/sdb",
                    .kind = DiskKind::kResource,
                    .why = "because",
                    .partitions = {{.number = 1,
                                    .device = "/dev/sdb-one",
                                    .start = kMiB,
                                    .entries = std::vector<std::string>{"a"},
                                    .use = {.mounted_at = {"/mnt"}}},
                                   {.number = 2, .start = 30 * kMiB, .use = {.swap = true}}}};
  const Disk disk = image.probe(image.probe(before));
  CHECK(disk.kind == DiskKind::kResource);
  CHECK(disk.why == "because");
  REQUIRE(disk.partitions.size() == 1);
  CHECK(disk.partitions[0].device == "/dev/sdb-one");
  CHECK(disk.partitions[0].entries == before.partitions[0].entries);
  CHECK(disk.partitions[0].use == before.partitions[0].use);
  CHECK(disk.use.swap);  // from the partition that the kernel still has, but the table does not
  CHECK(disk.use.mounted_at.empty());
}

TEST_CASE("probing a path that is not a disk is an error and changes nothing") {
  Disk disk{.device = "/dev/sdb", .size = 5};
  for (const char* path : {"/dev/null", "/tmp"}) {
    CAPTURE(path);
    const UniqueFd fd(open(path, O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(probe_disk(fd.get(), disk));
    CHECK(disk.size == 5);
  }
  CHECK_FALSE(probe_disk(-1, disk));
}

TEST_CASE("a block device is probed like a file" * doctest::skip(test::without_sfdisk())) {
  if (!test::can_mount_images()) return;
  DiskImage image;
  image.table(kGpt).content("mkswap --label scratch", kMiB);
  const test::LoopDevice loop(image.path());
  const UniqueFd fd(open(loop.path().c_str(), O_RDONLY | O_CLOEXEC | O_EXCL));
  Disk disk{.device = "/dev/sdb"};
  REQUIRE(probe_disk(fd.get(), disk));
  const Disk expected = image.probe();
  CHECK(disk.size == expected.size);
  CHECK(disk.table_uuid == expected.table_uuid);
  CHECK_FALSE(disk.table_unclear);
  REQUIRE(disk.partitions.size() == 1);
  CHECK(disk.partitions[0].uuid == expected.partitions[0].uuid);
  CHECK(disk.partitions[0].content == expected.partitions[0].content);
}

}  // namespace
}  // namespace azl::disk
