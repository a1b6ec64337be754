#include "net/link.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/net/sysfs_link.h"
#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

constexpr MacAddress kMacA{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x56};

TEST_CASE("a link is found by its index") {
  const std::vector<Link> links = {{.index = 1, .name = "lo"}, {.index = 7, .name = "eth0"}};
  CHECK(find_link(links, 7) == &links[1]);
  CHECK(find_link(links, 2) == nullptr);
}

TEST_CASE("a link's name is a single component of a path, of 15 bytes at most") {
  for (const char* name : {"eth0", "enP1s1", "fifteen-letters", "..."}) {
    CAPTURE(name);
    CHECK(is_link_name(name));
  }
  for (const char* name : {"", ".", "..", "a/b", "eth0:1", "a b", "sixteen-letters."}) {
    CAPTURE(name);
    CHECK_FALSE(is_link_name(name));
  }
}

TEST_CASE("a driver's name has letters, digits, '-' and '_' only") {
  CHECK(is_driver_name("hv_netvsc"));
  CHECK(is_driver_name(std::string(64, 'a')));
  for (const std::string& name : {std::string(), std::string("a/b"), std::string(65, 'a')}) {
    CAPTURE(name);
    CHECK_FALSE(is_driver_name(name));
  }
}

TEST_CASE("links are read from /sys with all their members") {
  test::TemporaryTree tree;
  test::add_sysfs_link(tree, "eth0", 2, "00:0d:3a:12:34:56", "hv_netvsc", "0x1003");
  test::add_sysfs_link(tree, "eth1", 3, "00:0d:3a:12:34:57", "mana", "0x1802");
  tree.symlink("../../../eth0/net/eth0", "sys/devices/vmbus/eth1/net/eth1/master");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  const auto links = read_sysfs_links(*root);
  REQUIRE(links);
  REQUIRE(links->size() == 2);
  const Link& first = links->front();
  CHECK(first.index == 2);
  CHECK(first.name == "eth0");
  CHECK(first.mac == kMacA);
  CHECK(first.driver == "hv_netvsc");
  CHECK(first.type == 1);
  CHECK(first.up);
  CHECK(first.carrier);
  CHECK_FALSE(first.slave);
  CHECK_FALSE(first.master);
  const Link& second = links->back();
  CHECK(second.slave);
  CHECK_FALSE(second.up);
  CHECK(second.master == 2);
}

TEST_CASE("a machine without a network has no links") {
  test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  const auto links = read_sysfs_links(*root);
  REQUIRE(links);
  CHECK(links->empty());
}

}  // namespace
}  // namespace azl::net
