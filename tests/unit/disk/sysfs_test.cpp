#include "disk/sysfs.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::disk {
namespace {

TEST_CASE("disks are sorted in natural order") {
  std::vector<std::string> names{"sdaa",    "nvme0n10", "sdb", "nvme10n1",
                                 "nvme0n2", "nvme1n1",  "sdz", "sda"};
  std::ranges::sort(names, counts_before);
  CHECK(names == std::vector<std::string>{"nvme0n2", "nvme0n10", "nvme1n1", "nvme10n1", "sda",
                                          "sdb", "sdz", "sdaa"});
  CHECK_FALSE(counts_before("sda", "sda"));
  CHECK(counts_before("sda", "sda1"));
  CHECK(counts_before("", "sda"));
}

TEST_CASE("a partition's name is the disk's name and a number, with a p after a digit") {
  CHECK(partition_node("/dev/sdb", 1) == "/dev/sdb1");
  CHECK(partition_node("/dev/nvme0n1", 12) == "/dev/nvme0n1p12");
}

TEST_CASE("a name with a slash is written with an exclamation mark in /sys") {
  CHECK(node_of("cciss!c0d0") == "/dev/cciss/c0d0");
  CHECK(name_of("/dev/cciss/c0d0") == "cciss!c0d0");
  CHECK(name_of("/etc/passwd").empty());
}

TEST_CASE("links are followed within the tree, even if the target does not exist") {
  test::TemporaryTree tree;
  tree.symlink("../../sdb", "dev/disk/azure/resource").symlink("/dev/disk/azure/resource", "dev/x");
  tree.symlink("loop", "dev/loop").symlink("../../../../../dev/sdc", "dev/far");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  CHECK(follow_links(*root, "/dev/x") == "/dev/sdb");
  CHECK(follow_links(*root, "/dev/far") == "/dev/sdc");
  CHECK(follow_links(*root, "/dev/sdb") == "/dev/sdb");
  CHECK(follow_links(*root, "/dev/loop").empty());
}

}  // namespace
}  // namespace azl::disk
