#include "disk/usage.h"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/disk/fake_disks.h"

namespace azl::disk {
namespace {

using namespace test;
using Names = std::vector<std::string>;

TEST_CASE("mountinfo is parsed with optional fields and escapes") {
  const std::string text =
      "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
      "36 35 8:17 /sub /mnt/a\\040b rw shared:1 master:2 - ext4 /dev/disk/by-label/a\\134b rw\n"
      "40 35 0:35 / /data rw - fuse.x host:/a\\011b rw\n"
      "no mount at all\n"
      "36 35 8:18 / /mnt rw shared:1 ext4 /dev/sdb2 rw\n"
      "36 35 8:18 / /mnt rw - ext4\n"
      "\n";
  CHECK(parse_mountinfo(text) ==
        std::vector<Mount>{{"254:0", "/", "ext4", "/dev/vda"},
                           {"8:17", "/mnt/a b", "ext4", "/dev/disk/by-label/a\\b"},
                           {"0:35", "/data", "fuse.x", "host:/a\tb"}});
}

TEST_CASE("swaps are parsed without the heading") {
  CHECK(parse_swaps("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
                    "/dev/sdb2                               partition\t1048572\t0\t-2\n"
                    "/mnt/a\\040b\tfile\t1\t0\t-3\n") == Names{"/dev/sdb2", "/mnt/a b"});
  CHECK(parse_swaps("").empty());
}

TEST_CASE("a mount is matched by device number, or by source for btrfs") {
  FakeDisks disks;
  disks.disk("sdb", "b", "8:16").partition("sdb", "sdb1", 1, "8:17");
  disks.partition("sdb", "sdb2", 2, "8:18").partition("sdb", "sdb3", 3, "8:19");
  disks.link("../../sdb2", "dev/disk/by-uuid/a").mount("8:17", "/mnt", "ext4", "/dev/odd");
  disks.mount("8:17", "/srv", "ext4", "/dev/odd").mount("8:17", "/mnt", "ext4", "/dev/odd");
  disks.mount("0:40", "/data", "btrfs", "/dev/disk/by-uuid/a");
  disks.tree().write("proc/swaps", "Filename\n/dev/sdb3 partition 1 0 -2\n");
  const Root root = disks.root();
  const auto usage = read_usage(root);
  REQUIRE(usage);
  CHECK(read_use(root, *usage, "/sys/block/sdb/sdb1") == Use{.mounted_at = {"/mnt", "/srv"}});
  CHECK(read_use(root, *usage, "/sys/block/sdb/sdb2") == Use{.mounted_at = {"/data"}});
  CHECK(read_use(root, *usage, "/sys/block/sdb/sdb3") == Use{.swap = true});
  CHECK_FALSE(read_use(root, *usage, "/sys/block/sdb").any());
}

TEST_CASE("a device that is built on another one is its holder") {
  FakeDisks disks;
  disks.disk("sdb", "b", "8:16").partition("sdb", "sdb1", 1, "8:17");
  disks.tree().mkdir("sys/block/sdb/holders/md127").mkdir("sys/block/sdb/sdb1/holders/dm-0");
  const Root root = disks.root();
  CHECK(read_use(root, {}, "/sys/block/sdb").holders == Names{"md127"});
  CHECK(read_use(root, {}, "/sys/block/sdb/sdb1").holders == Names{"dm-0"});
}

TEST_CASE("a loop device is a holder of its backing device") {
  FakeDisks disks;
  disks.disk("sdb", "b", "8:16").partition("sdb", "sdb1", 1, "8:17").disk("sdc", "c", "8:32");
  disks.disk("loop0", "virtual/loop0", "7:0").disk("loop1", "virtual/loop1", "7:1");
  disks.tree().write("sys/block/loop0/loop/backing_file", "/dev/sdb1\n");
  disks.tree().write("sys/block/loop1/loop/backing_file", "/srv/sdc\n");
  const Root root = disks.root();
  const auto usage = read_usage(root);
  REQUIRE(usage);
  CHECK(read_use(root, *usage, "/sys/block/sdb/sdb1") == Use{.holders = {"loop0"}});
  CHECK_FALSE(read_use(root, *usage, "/sys/block/sdb").any());
  CHECK_FALSE(read_use(root, *usage, "/sys/block/sdc").any());
}

TEST_CASE("the root disks are found through partitions, device mapper and arrays") {
  FakeDisks disks;
  disks.disk("sda", "a", "8:0").partition("sda", "sda2", 2, "8:2");
  disks.disk("sdb", "b", "8:16").disk("sdc", "c", "8:32").partition("sdc", "sdc1", 1, "8:33");
  disks.disk("dm-0", "virtual/dm0", "253:0").disk("md127", "virtual/md", "9:127");
  disks.tree().mkdir("sys/block/dm-0/slaves/sda2").mkdir("sys/block/dm-0/slaves/md127");
  disks.tree().mkdir("sys/block/md127/slaves/sdb");
  struct Row {
    Mount mount;
    std::set<std::string> expected;
  };
  const std::vector<Row> rows{
      {{"8:2", "/", "ext4", "/dev/root"}, {"sda"}},
      {{"8:16", "/", "xfs", "/dev/sdb"}, {"sdb"}},
      {{"0:30", "/", "btrfs", "/dev/sdc1"}, {"sdc"}},
      {{"253:0", "/", "xfs", "/dev/mapper/root"}, {"dm-0", "md127", "sda", "sdb"}},
      {{"0:30", "/", "btrfs", "/dev/mapper/root"}, {"dm-0", "md127", "sda", "sdb"}},
      {{"0:30", "/", "overlay", "overlay"}, {}},
      {{"8:99", "/", "ext4", "/dev/sdz9"}, {}},
      {{"8:2", "/usr", "ext4", "/dev/sda2"}, {}},
  };
  disks.link("../dm-0", "dev/mapper/root");
  for (const Row& row : rows) {
    CAPTURE(row.mount.source);
    disks.tree().write("proc/self/mountinfo", "1 1 " + row.mount.number + " / " + row.mount.point +
                                                  " rw - " + row.mount.type + " " +
                                                  row.mount.source + " rw\n");
    const Root root = disks.root();
    CHECK(find_root_disks(root, read_usage(root).value()) == row.expected);
  }
}

TEST_CASE("a cycle of slaves does not hang the search") {
  FakeDisks disks;
  disks.disk("dm-0", "virtual/dm0", "253:0").disk("dm-1", "virtual/dm1", "253:1");
  disks.tree().mkdir("sys/block/dm-0/slaves/dm-1").mkdir("sys/block/dm-1/slaves/dm-0");
  disks.mount("253:0", "/", "ext4", "/dev/dm-0");
  const Root root = disks.root();
  CHECK(find_root_disks(root, read_usage(root).value()) == std::set<std::string>{"dm-0", "dm-1"});
}

TEST_CASE("the root file system is the last mount at /, with the device's real name") {
  FakeDisks disks;
  CHECK(read_root_file_system(disks.root()).value().source.empty());
  disks.disk("sda", "a", "8:0").partition("sda", "sda2", 2, "8:2");
  disks.mount("0:2", "/", "rootfs", "rootfs");
  CHECK(read_root_file_system(disks.root()).value().source.empty());
  disks.mount("8:2", "/", "ext4", "/dev/root");
  auto found = read_root_file_system(disks.root()).value();
  CHECK(found.source == "/dev/sda2");
  CHECK(found.type == "ext4");
  disks.mount("253:0", "/", "xfs", "/dev/mapper/rootvg-rootlv");
  CHECK(read_root_file_system(disks.root()).value().source == "/dev/mapper/rootvg-rootlv");
}

TEST_CASE("this machine's root file system is found") {
  const auto root = Root::open("/");
  REQUIRE(root);
  const auto found = read_root_file_system(*root);
  REQUIRE(found);
  CHECK_FALSE(found->type.empty());
}

}  // namespace
}  // namespace azl::disk
