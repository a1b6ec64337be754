#include "disk/inventory.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/disk/fake_disks.h"

namespace azl::disk {
namespace {

using namespace test;
using Names = std::vector<std::string>;

std::vector<Disk> disks_of(const FakeDisks& disks, const ReadOptions& options = {}) {
  return read_disks(disks.root(), {"QEMU NVMe Ctrl"}, options).value();
}

/// "device kind number" of each disk.
Names brief(const FakeDisks& disks, const ReadOptions& options = {}) {
  Names names;
  for (const Disk& disk : disks_of(disks, options)) {
    names.push_back(disk.device + " " + std::string(to_string(disk.kind)) + " " +
                    std::to_string(disk.number));
  }
  return names;
}

bool all(const Disk& /*disk*/) { return true; }

TEST_CASE("no disks are found on a machine without disks") { CHECK(brief(FakeDisks()).empty()); }

TEST_CASE("all disks of a VM are listed in natural order") {
  FakeDisks disks;
  disks.disk("sdaa", "x", "65:160").disk("sdb", "y", "8:16");
  disks.nvme("nvme0n10", kMicrosoft, kRemoteModel, 10, "259:9");
  disks.nvme("nvme0n1", kMicrosoft, kRemoteModel, 1, "259:0");
  disks.nvme("nvme0n2", kMicrosoft, kRemoteModel, 2, "259:1");
  CHECK(brief(disks) == Names{"/dev/nvme0n1 os -1", "/dev/nvme0n2 data 0", "/dev/nvme0n10 data 8",
                              "/dev/sdb other -1", "/dev/sdaa other -1"});
}

TEST_CASE("a disk has a sequence number once udev's links exist") {
  FakeDisks disks;
  disks.disk("sda", "a", "8:0").attribute("sda", "diskseq", "3");
  disks.disk("sdb", "b", "8:16").attribute("sdb", "diskseq", "4");
  disks.tree().write("run/udev/data/b8:0", "S:disk/azure/resource\n");
  const auto found = read_disks(disks.root(), {}, {});
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0].sequence == 3);
  CHECK((*found)[1].sequence == 0);
}

TEST_CASE("virtual, optical, empty and hidden devices are skipped") {
  FakeDisks disks;
  int minor = 0;
  for (const char* name :
       {"loop0", "ram0", "zram0", "dm-0", "md127", "md_d0", "sr0", "fd0", "nbd3"}) {
    disks.disk(name, "virtual", "7:" + std::to_string(minor++));
  }
  disks.disk("sda", "a", "8:0").attribute("sda", "size", "0");
  disks.disk("sdb", "b", "8:16").attribute("sdb", "size", "garbage");
  disks.disk("nvme0c0n1", "c", "259:0").attribute("nvme0c0n1", "hidden", "1");
  disks.disk("ramdisk", "d", "252:0");
  CHECK(brief(disks) == Names{"/dev/ramdisk other -1"});
}

TEST_CASE("local disks are numbered by their index, otherwise by their place") {
  FakeDisks disks;
  for (int i = 0; i < 5; ++i) {
    disks.nvme("nvme" + std::to_string(i) + "n1", kMicrosoft, kLocalModel, 1,
               "259:" + std::to_string(i));
  }
  CHECK(brief(disks) == Names{"/dev/nvme0n1 local 1", "/dev/nvme1n1 local 2",
                              "/dev/nvme2n1 local 3", "/dev/nvme3n1 local 4",
                              "/dev/nvme4n1 local 5"});
  const auto read_page = [](const Root&, const std::string& device,
                            std::uint32_t) -> Result<std::vector<std::byte>> {
    std::vector<std::byte> page(4096);
    std::string text;
    if (device == "/dev/nvme0n1") text = "type=local,index=2";
    if (device == "/dev/nvme1n1") text = "garbage";
    if (device == "/dev/nvme2n1") text = "type=local,index=2";  // the same as the first
    if (device == "/dev/nvme3n1") text = "type=local,index=9";
    if (device == "/dev/nvme4n1") return fail(Reason::kIo, "it does not answer");
    for (std::size_t i = 0; i < text.size(); ++i) page[384 + i] = static_cast<std::byte>(text[i]);
    return page;
  };
  CHECK(brief(disks, {.read_identify = read_page}) ==
        Names{"/dev/nvme0n1 local 2", "/dev/nvme1n1 local 3", "/dev/nvme2n1 local 4",
              "/dev/nvme3n1 local 9", "/dev/nvme4n1 local 5"});
}

TEST_CASE("a disk whose model is in LocalModels= is a local disk, whatever its vendor") {
  FakeDisks disks;
  disks.nvme("nvme0n1", "0x1b36", "QEMU NVMe Ctrl", 1, "259:0");
  CHECK(brief(disks) == Names{"/dev/nvme0n1 local 1"});
}

TEST_CASE("the disk with the root file system is the OS disk, whatever its links say") {
  FakeDisks disks;
  disks.scsi("sdb", kScsi0, "0:0:0:1", "8:16").partition("sdb", "sdb1", 1, "8:17");
  disks.link("../../sdb", "dev/disk/azure/resource");
  CHECK(brief(disks) == Names{"/dev/sdb resource -1"});
  disks.mount("8:17", "/", "ext4", "/dev/root");
  CHECK(brief(disks) == Names{"/dev/sdb os -1"});
  CHECK(disks_of(disks)[0].why == "the root file system is on it");
}

TEST_CASE("the use of a disk is read without opening it") {
  FakeDisks disks;
  disks.disk("sdb", "b", "8:16").partition("sdb", "sdb1", 1, "8:17");
  disks.attribute("sdb", "ro", "1").mount("8:17", "/mnt", "ext4", "/dev/sdb1");
  disks.tree().mkdir("sys/block/sdb/holders/dm-0");
  const Disk disk = disks_of(disks).at(0);
  CHECK(disk.read_only);
  CHECK(disk.size == 1ULL << 30U);
  CHECK(disk.use.holders == Names{"dm-0"});
  REQUIRE(disk.partitions.size() == 1);
  CHECK(disk.partitions[0].number == 1);
  CHECK(disk.partitions[0].device == "/dev/sdb1");
  CHECK(disk.partitions[0].start == 1 << 20);
  CHECK(disk.partitions[0].size == 256 << 20);
  CHECK(disk.partitions[0].use.mounted_at == Names{"/mnt"});
  CHECK(disk.table.empty());
  CHECK(disk.error.empty());
}

TEST_CASE("a disk is opened only if its content is needed") {
  FakeDisks disks;
  disks.scsi("sda", kScsi0, "0:0:0:0", "8:0").scsi("sdb", kScsi0, "0:0:0:1", "8:16");
  disks.scsi("sdc", kScsi1, "1:0:0:0", "8:32");
  // Opening a disk leaves an error.
  for (const char* node : {"/dev/sda", "/dev/sdb", "/dev/sdc"}) {
    REQUIRE(disks.root().remove(node));
  }
  const auto found = disks_of(
      disks, {.needs_content = [](const Disk& disk) { return disk.kind == DiskKind::kResource; }});
  REQUIRE(found.size() == 3);
  CHECK(found[0].error.empty());
  CHECK(found[1].error.starts_with("it could not be opened: "));
  CHECK(found[2].error.empty());
}

TEST_CASE("a disk that cannot be read has an error, and the others are read") {
  FakeDisks disks;
  disks.disk("sda", "a", "8:0").disk("sdb", "b", "8:16").disk("sdc", "c", "8:32");
  REQUIRE(disks.root().remove("/dev/sda"));
  REQUIRE(disks.root().remove("/dev/sdb"));
  REQUIRE(mkfifo(disks.tree().path("dev/sdb").c_str(), 0600) == 0);
  std::filesystem::resize_file(disks.tree().path("dev/sdc"), 4 << 20);
  const auto found = disks_of(disks, {.needs_content = all});
  CHECK(found[0].error.find("No such file") != std::string::npos);
  CHECK(found[1].error.ends_with("/dev/sdb is not a block device but a FIFO"));
  CHECK(found[2].error.empty());
  CHECK(found[2].size == 4 << 20);
  CHECK(found[2].zeroed);
}

TEST_CASE("the use of a partition that is not in the table counts for the disk") {
  FakeDisks disks;
  disks.disk("sdb", "b", "8:16").partition("sdb", "sdb1", 1, "8:17");
  disks.mount("8:17", "/mnt", "ext4", "/dev/sdb1");
  std::filesystem::resize_file(disks.tree().path("dev/sdb"), 4 << 20);
  const Disk disk = disks_of(disks, {.needs_content = all}).at(0);
  CHECK(disk.partitions.empty());
  CHECK(disk.use.mounted_at == Names{"/mnt"});
}

TEST_CASE("this machine's disks are listed without opening them") {
  const auto root = Root::open("/");
  REQUIRE(root);
  const auto found = read_disks(*root, {}, {});
  REQUIRE(found);
  for (const Disk& disk : *found) {
    CAPTURE(disk.device);
    CHECK(disk.size > 0);
    CHECK(disk.error.empty());
  }
}

TEST_CASE("the metadata files of NTFS are recognized") {
  CHECK(is_ntfs_metafile("$MFT"));
  CHECK(is_ntfs_metafile("$Extend"));
  CHECK_FALSE(is_ntfs_metafile("$RECYCLE.BIN"));
  CHECK_FALSE(is_ntfs_metafile("$mft"));
  CHECK_FALSE(is_ntfs_metafile("DATALOSS_WARNING_README.txt"));
}

TEST_CASE("reading entries fails for a disk of another root and for a missing disk") {
  const SystemClock clock;
  const Deadline deadline(clock, std::chrono::seconds(10));
  const FakeDisks disks;
  const auto elsewhere = read_entries(disks.root(), "/dev/sdb1", kNtfs, deadline);
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().reason() == Reason::kInvalidInput);
  const auto root = Root::open("/");
  REQUIRE(root);
  CHECK_FALSE(read_entries(*root, "/dev/azl-none", kNtfs, deadline));
}

TEST_CASE("the file systems that the kernel supports are read from /proc") {
  test::TemporaryTree tree;
  tree.write("proc/filesystems", "nodev\tsysfs\n\text4\n\tntfs3\n");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  CHECK(kernel_supports(*root, kNtfs));
  CHECK(kernel_supports(*root, {"ext4"}));
  CHECK_FALSE(kernel_supports(*root, {"xfs", "ext"}));
  CHECK(kernel_types({.type = "ntfs"}) == kNtfs);
  CHECK(kernel_types({.type = "xfs"}) == std::vector<std::string>{"xfs"});
}

}  // namespace
}  // namespace azl::disk
