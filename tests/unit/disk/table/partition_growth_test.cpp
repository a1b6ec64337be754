#include "disk/table/partition_growth.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "disk/table/partition_table.h"
#include "tests/unit/disk/sparse_disk.h"

namespace azl::disk {
namespace {

using test::kMiB;
using test::kMiBSectors;
using test::SeenPartition;
using test::SparseDisk;

Deadline soon() {
  static const SystemClock clock;
  return {clock, std::chrono::seconds(30)};
}

std::vector<SeenPartition> seen(const SparseDisk& disk, const std::string& type) {
  std::vector<SeenPartition> partitions;
  CHECK(test::seen_partitions(disk.path(), &partitions) == type);
  return partitions;
}

TEST_CASE("the last partition of a GPT grows to the end, and nothing else changes in the table") {
  const SparseDisk disk(64 * kMiB);
  REQUIRE(write_partition_table(disk.fd(), disk.path(), {.swap_size = 8 * kMiB}, soon()));
  const auto before = seen(disk, "gpt");
  disk.resize(128 * kMiB);
  const auto grown = grow_last_partition(disk.fd(), disk.path(), 2);
  if (!grown) FAIL(grown.error().to_string());
  CHECK(grown->old_size == 8 * kMiB);
  CHECK(grown->new_size == 72 * kMiB);
  CHECK(grown->changed());
  auto wanted = before;
  wanted[1].size = 72 * kMiBSectors;
  CHECK(seen(disk, "gpt") == wanted);

  // The new backup is intact: it works without the primary.
  disk.put(512, std::string(512, '\0'));
  CHECK(seen(disk, "gpt") == wanted);
}

TEST_CASE("growing again changes nothing") {
  const SparseDisk disk(64 * kMiB);
  REQUIRE(write_partition_table(disk.fd(), disk.path(), {}, soon()));
  const std::string before = disk.bytes(0, 64 * kMiB);
  for (const std::uint64_t more : {std::uint64_t{0}, std::uint64_t{8192}}) {
    disk.resize(64 * kMiB + more);
    const auto grown = grow_last_partition(disk.fd(), disk.path(), 1);
    if (!grown) FAIL(grown.error().to_string());
    CHECK_FALSE(grown->changed());
    CHECK(grown->new_size == 62 * kMiB);
    CHECK(disk.bytes(0, 64 * kMiB) == before);
  }
}

TEST_CASE("growing a GPT writes only to the table and to the end of the disk") {
  const SparseDisk disk(64 * kMiB);
  REQUIRE(write_partition_table(disk.fd(), disk.path(), {}, soon()));
  disk.put(kMiB, std::string(62 * kMiB, 'd'));
  disk.resize(128 * kMiB);
  const std::string before = disk.bytes(0, 128 * kMiB);
  REQUIRE(grow_last_partition(disk.fd(), disk.path(), 1));
  const std::string after = disk.bytes(0, 128 * kMiB);
  CHECK(before.substr(4096, 127 * kMiB - 4096) == after.substr(4096, 127 * kMiB - 4096));
  CHECK(before.substr(0, 4096) != after.substr(0, 4096));
}

TEST_CASE("a power cut between the backup and the primary leaves the old table") {
  const SparseDisk disk(64 * kMiB);
  REQUIRE(write_partition_table(disk.fd(), disk.path(), {}, soon()));
  const auto before = seen(disk, "gpt");
  const std::string head = disk.bytes(0, kMiB);
  disk.resize(128 * kMiB);
  REQUIRE(grow_last_partition(disk.fd(), disk.path(), 1));
  const auto after = seen(disk, "gpt");
  REQUIRE(after != before);
  disk.put(0, head);
  CHECK(seen(disk, "gpt") == before);
  // The next boot grows it again.
  const auto again = grow_last_partition(disk.fd(), disk.path(), 1);
  REQUIRE(again);
  CHECK(again->changed());
  CHECK(seen(disk, "gpt") == after);
}

TEST_CASE("growing in a dos table changes only the size and the end of the last partition") {
  const SparseDisk disk(128 * kMiB);
  test::put_dos_table(
      disk, {test::dos_entry(0x83, 2048, 10 * 2048), test::dos_entry(0x83, 11 * 2048, 20 * 2048)});
  const std::string before = disk.bytes(0, 128 * kMiB);
  const auto grown = grow_last_partition(disk.fd(), disk.path(), 2);
  if (!grown) FAIL(grown.error().to_string());
  CHECK(grown->old_size == 20 * kMiB);
  CHECK(grown->new_size == 117 * kMiB);
  CHECK(seen(disk, "dos")[1].size == 117 * kMiBSectors);
  const std::string after = disk.bytes(0, 128 * kMiB);
  for (std::size_t i = 0; i < before.size(); ++i) {
    constexpr std::size_t kEntry = 446 + 16;
    const bool end = i >= kEntry + 5 && i < kEntry + 8;
    const bool size = i >= kEntry + 12 && i < kEntry + 16;
    if (!end && !size && before[i] != after[i]) FAIL("byte " << i << " has changed");
  }
}

TEST_CASE("a partition in a dos table does not grow beyond 32 bits") {
  const SparseDisk disk(3ULL << 40U);
  test::put_dos_table(disk, {test::dos_entry(0x83, 2048, 10 * 2048)});
  const auto grown = grow_last_partition(disk.fd(), disk.path(), 1);
  if (!grown) FAIL(grown.error().to_string());
  CHECK(grown->new_size == (2ULL << 40U) - 2 * kMiB);
  const auto again = grow_last_partition(disk.fd(), disk.path(), 1);
  REQUIRE(again);
  CHECK_FALSE(again->changed());
}

TEST_CASE("a partition behind an extended one grows, and the logical ones stay") {
  const SparseDisk disk(128 * kMiB);
  test::put_dos_table(
      disk, {test::dos_entry(0x05, 2048, 20 * 2048), test::dos_entry(0x83, 21 * 2048, 20 * 2048)});
  disk.put(kMiB, std::string(446, '\0') + test::dos_entry(0x83, 2048, 10 * 2048) +
                     std::string(48, '\0') + "\x55\xAA");
  auto wanted = seen(disk, "dos");
  REQUIRE(wanted.size() == 3);
  const auto grown = grow_last_partition(disk.fd(), disk.path(), 2);
  if (!grown) FAIL(grown.error().to_string());
  wanted[1].size = 107 * kMiBSectors;
  CHECK(seen(disk, "dos") == wanted);
}

TEST_CASE("the last partition need not have the highest number") {
  const SparseDisk disk(128 * kMiB);
  // As in Azure's images, partition 1 is the last one.
  test::put_dos_table(
      disk, {test::dos_entry(0x83, 11 * 2048, 20 * 2048), test::dos_entry(0x83, 2048, 10 * 2048)});
  CHECK_FALSE(grow_last_partition(disk.fd(), disk.path(), 2));
  const auto grown = grow_last_partition(disk.fd(), disk.path(), 1);
  if (!grown) FAIL(grown.error().to_string());
  CHECK(grown->new_size == 117 * kMiB);
}

TEST_CASE("a partition that cannot grow is an error, and nothing is written") {
  struct Case {
    std::vector<std::string> entries;
    int number;
    std::string message;
  };
  const std::string first = test::dos_entry(0x83, 2048, 10 * 2048);
  for (const Case& each :
       {Case{.entries = {first, test::dos_entry(0x83, 11 * 2048, 2048)},
             .number = 1,
             .message = "partition 1 is not the last one on the disk"},
        Case{.entries = {first, test::dos_entry(0x05, 11 * 2048, 20 * 2048)},
             .number = 2,
             .message = "partition 2 is an extended partition"},
        Case{.entries = {first, test::dos_entry(0x05, 11 * 2048, 20 * 2048)},
             .number = 5,
             .message = "partition 5 is a logical partition"},
        Case{.entries = {first},
             .number = 3,
             .message = "partition 3 is not in the partition table"},
        Case{.entries = {first},
             .number = 0,
             .message = "partition 0 is not in the partition table"},
        Case{.entries = {test::dos_entry(0x83, 2, 2048)},
             .number = 1,
             .message = "the first partition is too close to the partition table"},
        Case{.entries = {},
             .number = 1,
             .message = "there is no intact GPT or dos partition table"}}) {
    CAPTURE(each.message);
    const SparseDisk disk(128 * kMiB);
    if (!each.entries.empty()) test::put_dos_table(disk, each.entries);
    std::string logical(446, '\0');  // the first table inside an extended partition
    logical += test::dos_entry(0x83, 2048, 10 * 2048) + std::string(48, '\0') + "\x55\xAA";
    if (each.entries.size() == 2) disk.put(11 * kMiB, logical);
    const std::string before = disk.bytes(0, 128 * kMiB);
    const auto grown = grow_last_partition(disk.fd(), disk.path(), each.number);
    REQUIRE_FALSE(grown);
    CHECK(grown.error().reason() == Reason::kInvalidInput);
    CHECK(grown.error().to_string().find(each.message) != std::string::npos);
    CHECK(disk.bytes(0, 128 * kMiB) == before);
  }
}

TEST_CASE("a damaged primary GPT is an error, and a damaged backup is replaced") {
  const SparseDisk disk(64 * kMiB);
  REQUIRE(write_partition_table(disk.fd(), disk.path(), {}, soon()));
  disk.put(64 * kMiB - 512, std::string(512, 'x'));
  disk.resize(128 * kMiB);
  const auto grown = grow_last_partition(disk.fd(), disk.path(), 1);
  if (!grown) FAIL(grown.error().to_string());
  CHECK(grown->new_size == 126 * kMiB);

  disk.put(600, "x");
  disk.resize(256 * kMiB);
  const std::string before = disk.bytes(0, 256 * kMiB);
  const auto refused = grow_last_partition(disk.fd(), disk.path(), 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason() == Reason::kInvalidInput);
  CHECK(disk.bytes(0, 256 * kMiB) == before);
}

}  // namespace
}  // namespace azl::disk
