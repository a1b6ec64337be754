// See disk_writing_test.sh.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <linux/blkpg.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/swap.h>
#include <sys/wait.h>

#include "disk/file_system.h"
#include "disk/swap.h"
#include "disk/table/kernel_partition.h"
#include "disk/table/partition_growth.h"
#include "disk/table/partition_table.h"
#include "tests/system/loop_disk.h"

namespace azl::disk {
namespace {

using test::disk_patience;
using test::Frozen;
using test::kMiB;
using test::LoopDisk;
using test::Mounted;

const std::vector<std::string>& types() {
  static const std::vector<std::string> all = {"ext4", "xfs", "btrfs"};
  return all;
}

/// The value of a result. Ends the test case if it is an error.
template <class T>
T good(const Result<T>& result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return *result;
}
void good(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().to_string());
}

MadePartitions write_table(const LoopDisk& disk, const NewTable& table = {}) {
  const UniqueFd fd = disk.open(O_EXCL);
  REQUIRE(fd);
  return good(write_partition_table(fd.get(), disk.device(), table, disk_patience()));
}

Signature make(const std::string& path, const std::string& type) {
  SystemProcesses processes;
  return good(make_file_system(processes, {.path = path, .type = type, .label = "a label"},
                               disk_patience()));
}

/// Runs the check of the file system, which is not mounted.
void check_file_system(const std::string& device, const std::string& type) {
  if (type == "ext4") test::run({"e2fsck", "-f", "-n", device});
  if (type == "xfs") test::run({"xfs_repair", "-n", device});
  if (type == "btrfs") test::run({"btrfs", "check", "--readonly", device});
}

/// Runs all programs except systemd-growfs.
class WithoutGrowfs final : public Processes {
 public:
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override {
    if (command.argv.front().ends_with("systemd-growfs")) {
      return fail(Reason::kToolMissing, "systemd-growfs is missing");
    }
    return system_.start(command);
  }

 private:
  SystemProcesses system_;
};

/// Writes a dos table with one partition, and tells the kernel.
void write_dos_table(const LoopDisk& disk, std::uint64_t size, std::uint64_t sector) {
  std::string table(446, 'B');
  table += std::string("\0\1\2\3\x83\4\5\6", 8);
  for (const std::uint64_t value : {kMiB / sector, size / sector}) {
    for (unsigned shift = 0; shift < 32; shift += 8) table += static_cast<char>(value >> shift);
  }
  table += std::string(48, '\0') + "\x55\xAA";
  const UniqueFd fd = disk.open();
  REQUIRE(pwrite(fd.get(), table.data(), table.size(), 0) == 512);
  REQUIRE(fsync(fd.get()) == 0);
  good(change_kernel_partition(
      fd.get(), BLKPG_ADD_PARTITION,
      {.number = 1, .device = disk.partition(1), .start = kMiB, .size = size}));
}

TEST_CASE("a disk is partitioned and formatted, and fails if it is mounted") {
  for (const std::string& type : types()) {
    for (const int sector : {512, 4096}) {
      CAPTURE(type);
      CAPTURE(sector);
      const LoopDisk disk(512 * kMiB, sector);
      const MadePartitions made = write_table(disk, {.swap_size = 64 * kMiB});
      REQUIRE(made.swap);
      CHECK(made.data.device == disk.partition(1));
      CHECK(kernel_partition_size(disk.partition(1)) == 446 * kMiB);
      CHECK(kernel_partition_size(disk.partition(2)) == 64 * kMiB);
      CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "PART_ENTRY_UUID", disk.partition(2)}) ==
            made.swap->uuid);
      const Signature signature = make(disk.partition(1), type);
      CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "LABEL", disk.partition(1)}) ==
            "a label");
      SystemProcesses processes;
      CHECK(good(make_swap(processes, disk.partition(2), disk_patience())).type == "swap");

      const Mounted mounted(disk.partition(1), type);
      mounted.fill("file", kMiB);
      const UniqueFd exclusive = disk.open(O_EXCL);
      CHECK_FALSE(exclusive);
      CHECK(errno == EBUSY);
      const auto again =
          make_file_system(processes, {.path = disk.partition(1), .type = type}, disk_patience());
      REQUIRE_FALSE(again);
      CHECK(again.error().errno_value() == EBUSY);
      CHECK(good(read_signature(disk.partition(1))).uuid == signature.uuid);
    }
  }
}

TEST_CASE("a whole disk is formatted without a table") {
  for (const std::string& type : types()) {
    CAPTURE(type);
    const LoopDisk disk(320 * kMiB);
    make(disk.device(), type);
    const Mounted mounted(disk.device(), type);
    mounted.fill("file", kMiB);
  }
}

TEST_CASE("Azure's NTFS is replaced") {
  if (access("/usr/sbin/mkntfs", X_OK) != 0) {
    MESSAGE("skipped: mkntfs is missing");
    return;
  }
  for (const std::string& type : types()) {
    CAPTURE(type);
    const LoopDisk disk(512 * kMiB);
    write_table(disk);
    test::run({"mkntfs", "--force", "--quick", "--label", "Temporary Storage", disk.partition(1)});
    CHECK(good(read_signature(disk.partition(1))).type == "ntfs");
    write_table(disk);
    CHECK(good(read_signature(disk.partition(1))).type == "");
    make(disk.partition(1), type);
    // Without a new table.
    test::run({"mkntfs", "--force", "--quick", disk.partition(1)});
    make(disk.partition(1), type);
    check_file_system(disk.partition(1), type);
  }
}

/// Growing ext4 needs CAP_SYS_RESOURCE, which root in a container may lack.
bool may_grow(const std::string& type) {
  return type != "ext4" || prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) == 1;
}

/// Grows the disk and its mounted file system. Checks that nothing else changes.
void grow_mounted(const LoopDisk& disk, const Mounted& mounted, const std::string& type,
                  Processes& processes, std::uint64_t size, bool all_bytes) {
  const std::uint64_t old_size = kernel_partition_size(disk.partition(1));
  const std::string checksum = mounted.checksum("file");
  disk.grow(size);
  {
    const Frozen frozen(mounted);
    constexpr std::uint64_t kTable =
        0x4000;  // changes are allowed before this, with any sector size
    const std::uint64_t compared = all_bytes ? kMiB + old_size - kTable : 32 * kMiB;
    const std::string before = disk.bytes(kTable, compared);
    const UniqueFd fd = disk.open();
    const Grown grown = good(grow_last_partition(fd.get(), disk.device(), 1));
    CHECK(grown.old_size == old_size);
    CHECK(grown.new_size == kernel_partition_size(disk.partition(1)));
    CHECK(grown.new_size > size - 3 * kMiB);
    CHECK((disk.bytes(kTable, compared) == before));
    CHECK_FALSE(good(grow_last_partition(fd.get(), disk.device(), 1)).changed());
  }
  const auto grown =
      grow_file_system(processes, mounted.path(), type, disk.partition(1), disk_patience());
  if (may_grow(type)) {
    CHECK(good(grown).new_size > grown->old_size + (size - old_size) / 2);
  } else {
    MESSAGE("ext4 is not grown without CAP_SYS_RESOURCE");
    CHECK_FALSE(grown);
  }
  CHECK(mounted.checksum("file") == checksum);
}

TEST_CASE("a mounted file system grows with its disk, and its files stay") {
  for (const std::string& type : types()) {
    for (const char* table : {"gpt", "dos"}) {
      for (const int sector : {512, 4096}) {
        CAPTURE(type);
        CAPTURE(table);
        CAPTURE(sector);
        // xfs needs at least 300 MiB, and btrfs cannot be resized below 256 MiB.
        const std::uint64_t first = (type == "ext4" ? 160 : 400) * kMiB;
        const LoopDisk disk(first, sector);
        if (std::string(table) == "gpt") {
          write_table(disk);
        } else {
          write_dos_table(disk, first - 40 * kMiB, static_cast<std::uint64_t>(sector));
        }
        make(disk.partition(1), type);
        {
          const Mounted mounted(disk.partition(1), type);
          mounted.fill("file", 8 * kMiB);
          SystemProcesses processes;
          grow_mounted(disk, mounted, type, processes, first + 80 * kMiB, true);
          WithoutGrowfs others;
          grow_mounted(disk, mounted, type, others, first + 160 * kMiB + 4096, false);
        }
        check_file_system(disk.partition(1), type);
      }
    }
  }
}

TEST_CASE("if a power cut comes after the table was grown, the next boot tells the kernel") {
  const LoopDisk disk(64 * kMiB);
  const MadePartitions made = write_table(disk);
  make(disk.partition(1), "ext4");
  disk.grow(128 * kMiB);
  const Mounted mounted(disk.partition(1), "ext4");
  const UniqueFd fd = disk.open();
  REQUIRE(good(grow_last_partition(fd.get(), disk.device(), 1)).changed());
  good(change_kernel_partition(fd.get(), BLKPG_RESIZE_PARTITION, made.data));
  REQUIRE(kernel_partition_size(disk.partition(1)) == made.data.size);
  CHECK_FALSE(good(grow_last_partition(fd.get(), disk.device(), 1)).changed());
  CHECK(kernel_partition_size(disk.partition(1)) == 126 * kMiB);
}

TEST_CASE("growing the table is safe if it is killed at any moment") {
  const LoopDisk disk(64 * kMiB);
  write_table(disk);
  make(disk.partition(1), "ext4");
  std::string checksum;
  {
    const Mounted mounted(disk.partition(1), "ext4");
    mounted.fill("file", kMiB);
    checksum = mounted.checksum("file");
  }
  const SystemClock clock;
  Duration longest = std::chrono::milliseconds(1);
  std::uint64_t size = 64 * kMiB;
  int unfinished = 0;
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    const std::uint64_t old_size = kernel_partition_size(disk.partition(1));
    size += 2 * kMiB;
    disk.grow(size);
    const Mounted mounted(disk.partition(1), "ext4");
    const SteadyTime start = clock.now();
    const pid_t child = fork();
    if (child == 0) {
      const UniqueFd fd = disk.open();
      _exit(grow_last_partition(fd.get(), disk.device(), 1) ? 0 : 1);
    }
    if (round > 0) SystemClock().sleep(longest * round / kRounds);
    if (round > 0) kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (round == 0) longest = (clock.now() - start) * 5 / 4;
    if (WIFSIGNALED(status)) ++unfinished;
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));

    // The call succeeds only if the primary is intact, so it is the old or the new one.
    const UniqueFd fd = disk.open();
    const Grown grown = good(grow_last_partition(fd.get(), disk.device(), 1));
    CHECK((grown.old_size == old_size || grown.old_size == old_size + 2 * kMiB));
    CHECK(grown.new_size == old_size + 2 * kMiB);
    CHECK(kernel_partition_size(disk.partition(1)) == grown.new_size);
    CHECK(mounted.checksum("file") == checksum);
  }
  MESSAGE(unfinished << " of " << kRounds << " were killed before they ended");
  CHECK(unfinished > 10);
}

/// Deactivates swap at the end of a test.
class SwapOff {
 public:
  explicit SwapOff(std::string path) : path_(std::move(path)) {}
  ~SwapOff() { CHECK(swapoff(path_.c_str()) == 0); }
  SwapOff(const SwapOff&) = delete;
  SwapOff& operator=(const SwapOff&) = delete;

 private:
  std::string path_;
};

TEST_CASE("a swap file works on each file system") {
  for (const std::string& type : types()) {
    CAPTURE(type);
    const LoopDisk disk(512 * kMiB);
    write_table(disk);
    make(disk.partition(1), type);
    const Mounted mounted(disk.partition(1), type);
    const Root root = *Root::open(mounted.path());
    SystemProcesses processes;
    const Signature swap =
        good(make_swap_file(processes, root, "/swapfile", 64 * kMiB, type, disk_patience()));
    CHECK(swap.uuid.size() == 36);
    const std::string path = mounted.path() + "/swapfile";
    good(swap_on(processes, path, disk_patience()));
    const SwapOff off(path);
    CHECK(test::run({"swapon", "--show=NAME", "--noheadings", "--raw"}).find(path) !=
          std::string::npos);
  }
}

TEST_CASE("a swap file that does not fit leaves the file system unchanged") {
  for (const std::string& type : types()) {
    CAPTURE(type);
    const LoopDisk disk(320 * kMiB);
    make(disk.device(), type);
    const Mounted mounted(disk.device(), type);
    const Root root = *Root::open(mounted.path());
    SystemProcesses processes;
    struct statvfs before{};
    REQUIRE(statvfs(mounted.path().c_str(), &before) == 0);
    const auto made =
        make_swap_file(processes, root, "/swapfile", 310 * kMiB, type, disk_patience());
    REQUIRE_FALSE(made);
    CHECK(made.error().reason() == Reason::kDiskFull);
    CHECK(made.error().cause().starts_with("310 MiB are needed; "));
    CHECK_FALSE(root.exists("/swapfile"));
    struct statvfs after{};
    REQUIRE(statvfs(mounted.path().c_str(), &after) == 0);
    CHECK(after.f_bfree == before.f_bfree);
  }
}

TEST_CASE("a disk with a mounted partition cannot be opened with O_EXCL") {
  const LoopDisk disk(64 * kMiB);
  write_table(disk);
  make(disk.partition(1), "ext4");
  const Mounted mounted(disk.partition(1), "ext4");
  CHECK_FALSE(disk.open(O_EXCL));
  CHECK(errno == EBUSY);
}

}  // namespace
}  // namespace azl::disk
