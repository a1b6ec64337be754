#include "disk/table/partition_table.h"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/disk/images.h"
#include "tests/unit/disk/sparse_disk.h"

namespace azl::disk {
namespace {

using test::kMiB;
using test::kMiBSectors;
using test::SeenPartition;
using test::SparseDisk;

const std::string kData = "0fc63daf-8483-4772-8e79-3d69d8477de4";
const std::string kSwap = "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f";

Deadline soon() {
  static const SystemClock clock;
  return {clock, std::chrono::seconds(30)};
}

std::vector<SeenPartition> seen(const SparseDisk& disk, const std::string& type = "gpt") {
  std::vector<SeenPartition> partitions;
  CHECK(test::seen_partitions(disk.path(), &partitions) == type);
  return partitions;
}

TEST_CASE("a new table has one partition, from the first MiB to the last") {
  const SparseDisk disk(64 * kMiB + 3584);
  const auto made = write_partition_table(disk.fd(), disk.path(), {}, soon());
  if (!made) FAIL(made.error().to_string());
  CHECK(made->data.number == 1);
  CHECK(made->data.start == kMiB);
  CHECK(made->data.size == 62 * kMiB);
  CHECK(made->data.device == disk.path() + "1");
  CHECK(made->data.uuid.size() == 36);
  CHECK_FALSE(made->swap);
  CHECK(seen(disk) == std::vector<SeenPartition>{{.number = 1,
                                                  .start = 2048,
                                                  .size = 62 * kMiBSectors,
                                                  .uuid = made->data.uuid,
                                                  .type = kData}});
}

TEST_CASE("the swap partition is at the end, and the caller chooses the PARTUUIDs") {
  const SparseDisk disk(64 * kMiB);
  const std::string uuid = "6B3D9A01-5AC2-4D1A-9B52-0D4F5A3C1E11";
  const std::string swap_uuid = "0e9f7c55-23a1-4a8e-8f0b-bb7c2f1f9d22";
  const auto made = write_partition_table(
      disk.fd(), disk.path(), {.swap_size = 10 * kMiB - 1, .uuid = uuid, .swap_uuid = swap_uuid},
      soon());
  if (!made) FAIL(made.error().to_string());
  REQUIRE(made->swap);
  CHECK(made->data.uuid == "6b3d9a01-5ac2-4d1a-9b52-0d4f5a3c1e11");
  CHECK(made->swap->start == 53 * kMiB);
  CHECK(made->swap->size == 10 * kMiB);
  CHECK(seen(disk) == std::vector<SeenPartition>{{.number = 1,
                                                  .start = 2048,
                                                  .size = 52 * kMiBSectors,
                                                  .uuid = made->data.uuid,
                                                  .type = kData},
                                                 {.number = 2,
                                                  .start = 53 * kMiBSectors,
                                                  .size = 10 * kMiBSectors,
                                                  .uuid = swap_uuid,
                                                  .type = kSwap}});
}

TEST_CASE("no signature of the old content is left") {
  if (!test::has_program("mkntfs")) {
    MESSAGE("skipped: needs mkntfs");
    return;
  }
  const SparseDisk disk(64 * kMiB);
  const SparseDisk part(60 * kMiB);
  test::run("mkntfs -F -Q -L 'Temporary Storage' " + part.path());
  test::put_dos_table(disk, {test::dos_entry(0x07, 2048, 60 * 2048)});
  for (std::uint64_t at = 0; at < 60 * kMiB; at += kMiB) disk.put(kMiB + at, part.bytes(at, kMiB));
  REQUIRE(test::seen_type(disk, kMiB, 60 * kMiB) == "ntfs");
  disk.put(3 * kMiB, std::string("\x5e\xf1\xab\x2f", 4));  // VMFS, 2 MiB into the partition

  const auto made = write_partition_table(disk.fd(), disk.path(), {.swap_size = 8 * kMiB}, soon());
  if (!made) FAIL(made.error().to_string());
  REQUIRE(made->swap);
  CHECK(test::seen_type(disk, made->data.start, made->data.size) == "");
  CHECK(test::seen_type(disk, made->swap->start, made->swap->size) == "");
  CHECK(disk.bytes(made->data.start, kMiB) == std::string(kMiB, '\0'));
  CHECK(disk.bytes(made->data.start + made->data.size - kMiB, kMiB) == std::string(kMiB, '\0'));
  CHECK(seen(disk).size() == 2);
}

TEST_CASE("an old table is replaced by one with other PARTUUIDs") {
  const SparseDisk disk(64 * kMiB);
  const auto first = write_partition_table(disk.fd(), disk.path(), {.swap_size = 4 * kMiB}, soon());
  const auto second = write_partition_table(disk.fd(), disk.path(), {}, soon());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->data.uuid != second->data.uuid);
  CHECK(seen(disk).size() == 1);
}

TEST_CASE("erasing the table leaves a blank disk") {
  const SparseDisk disk(64 * kMiB);
  const auto made = write_partition_table(disk.fd(), disk.path(), {.swap_size = 4 * kMiB}, soon());
  REQUIRE(made);
  REQUIRE(erase_partition_table(disk.fd(), disk.path(), *made));
  CHECK(test::seen_type(disk, 0, 64 * kMiB) == "");
  CHECK(disk.bytes(0, kMiB) == std::string(kMiB, '\0'));
  CHECK(disk.bytes(63 * kMiB, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("the partition is found by the primary or the backup alone") {
  for (const bool primary : {true, false}) {
    CAPTURE(primary);
    const SparseDisk disk(64 * kMiB);
    REQUIRE(write_partition_table(disk.fd(), disk.path(), {}, soon()));
    const auto before = seen(disk);
    disk.put(primary ? 512 : 64 * kMiB - 512, std::string(512, '\0'));
    CHECK(seen(disk) == before);
  }
}

TEST_CASE("a power cut before the backup leaves a table with the chosen PARTUUID") {
  const SparseDisk disk(64 * kMiB);
  const std::string uuid = "6b3d9a01-5ac2-4d1a-9b52-0d4f5a3c1e11";
  REQUIRE(write_partition_table(disk.fd(), disk.path(), {.uuid = uuid}, soon()));
  disk.put(63 * kMiB, std::string(kMiB, '\0'));
  REQUIRE(seen(disk).size() == 1);
  CHECK(seen(disk).front().uuid == uuid);
}

TEST_CASE("a disk that is too small is an error, and nothing is written") {
  struct Case {
    std::uint64_t size;
    std::uint64_t swap;
  };
  for (const Case& each :
       {Case{.size = 0, .swap = 0}, Case{.size = 2 * kMiB, .swap = 0},
        Case{.size = 17 * kMiB, .swap = 0}, Case{.size = 64 * kMiB, .swap = 47 * kMiB},
        Case{.size = 64 * kMiB, .swap = ~std::uint64_t{0}}}) {
    CAPTURE(each.size);
    const SparseDisk disk(each.size);
    const auto made =
        write_partition_table(disk.fd(), disk.path(), {.swap_size = each.swap}, soon());
    REQUIRE_FALSE(made);
    CHECK(made.error().reason() == Reason::kInvalidInput);
    struct stat status{};
    REQUIRE(stat(disk.path().c_str(), &status) == 0);
    CHECK(status.st_blocks == 0);
  }
}

TEST_CASE("little is written to a disk of 700 GB") {
  constexpr std::uint64_t kSize = 700'000'000'000;
  const SparseDisk disk(kSize);
  const auto made = write_partition_table(disk.fd(), disk.path(), {}, soon());
  if (!made) FAIL(made.error().to_string());
  CHECK(made->data.size > kSize - 4 * kMiB);
  struct stat status{};
  REQUIRE(stat(disk.path().c_str(), &status) == 0);
  CHECK(status.st_blocks * 512 < static_cast<off_t>(16 * kMiB));
}

TEST_CASE("new UUIDs are of version 4 and differ") {
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) {
    const auto uuid = new_uuid();
    REQUIRE(uuid);
    CHECK(uuid->size() == 36);
    CHECK((*uuid)[14] == '4');
    CHECK(std::string("89ab").find((*uuid)[19]) != std::string::npos);
    all.insert(*uuid);
  }
  CHECK(all.size() == 100);
}

TEST_CASE("locking waits for another lock until the deadline") {
  const SparseDisk disk(kMiB);
  const SystemClock clock;
  const auto first = lock_disk(disk.path(), soon());
  REQUIRE(first);
  const auto second = lock_disk(disk.path(), Deadline(clock, std::chrono::milliseconds(30)));
  REQUIRE_FALSE(second);
  CHECK(second.error().reason() == Reason::kTimeout);
}

}  // namespace
}  // namespace azl::disk
