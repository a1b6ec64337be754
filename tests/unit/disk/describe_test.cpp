#include "disk/describe.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::disk {
namespace {

TEST_CASE("the name of a partition is its device, or the disk's device and a number") {
  const Disk disk{.device = "/dev/sdb"};
  CHECK(partition_name(disk, {.number = 2, .device = "/dev/sdb2"}) == "/dev/sdb2");
  CHECK(partition_name(disk, {.number = 2}) == "/dev/sdb partition 2");
}

TEST_CASE("content is described by its type and label") {
  CHECK(describe_content({.type = "ext4"}) == "ext4");
  CHECK(describe_content({.type = "ntfs", .label = "a\nb"}) == "ntfs 'a\\x0ab'");
  CHECK(describe_content(Content{}) == "no known file system");
  CHECK(describe_content({.type = "", .unclear = true}) == "signatures that contradict each other");
}

TEST_CASE("the content of a disk is described by its table and partitions") {
  struct Row {
    Disk disk;
    std::string expected;
  };
  const Partition ext4{.number = 1, .content = {.type = "ext4"}};
  for (const Row& row :
       std::vector<Row>{{{}, "it has no known file system"},
                        {{.content = {.type = "xfs"}}, "it has xfs"},
                        {{.content = {.type = "linux_raid_member", .label = "vm:0"}},
                         "it is a member of an array (vm:0)"},
                        {{.table = "gpt", .table_unclear = true},
                         "its partition table is damaged or not supported"},
                        {{.table = "gpt"}, "it has a partition table without partitions"},
                        {{.table = "gpt", .partitions = {ext4}}, "its partition has ext4"},
                        {{.table = "gpt", .partitions = {ext4, ext4}}, "it has 2 partitions"}}) {
    CHECK(describe_content(row.disk) == row.expected);
  }
}

TEST_CASE("the first use of a disk is described") {
  CHECK(describe_use("/dev/sdb", Use{}).empty());
  CHECK(describe_use("/dev/sdb", {.mounted_at = {"/mnt", "/srv"}}) ==
        "/dev/sdb is mounted at /mnt");
  CHECK(describe_use("/dev/sdb", {.swap = true}) == "/dev/sdb is in use as swap");
  CHECK(describe_use("/dev/sdb", {.holders = {"dm-0"}}) == "/dev/sdb is part of dm-0");
  Disk disk{.device = "/dev/sdb",
            .partitions = {{.number = 1, .device = "/dev/sdb1"},
                           {.number = 2, .device = "/dev/sdb2", .use = {.swap = true}}}};
  CHECK(describe_use(disk) == "/dev/sdb2 is in use as swap");
  disk.use.holders = {"md127"};
  CHECK(describe_use(disk) == "/dev/sdb is part of md127");
}

}  // namespace
}  // namespace azl::disk
