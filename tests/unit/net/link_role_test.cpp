#include "net/link_role.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/net/sysfs_link.h"
#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

constexpr MacAddress kMacA{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x56};
constexpr MacAddress kMacB{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x57};

Link make_link(int index, const std::string& name, const MacAddress& mac,
               const std::string& driver) {
  return {.index = index, .name = name, .mac = mac, .driver = driver};
}
Link loopback() { return {.index = 1, .name = "lo", .type = 772}; }
Link netvsc(int index = 2, const MacAddress& mac = kMacA) {
  return make_link(index, "eth" + std::to_string(index), mac, "hv_netvsc");
}

TEST_CASE("the role of a link depends on the machine's other links") {
  struct Row {
    const char* what;
    Link link;
    std::vector<Link> others;
    Role role;
    const char* why;
  };
  Link enslaved = make_link(3, "vf", kMacB, "mlx5_core");
  enslaved.master = 2;
  enslaved.slave = true;
  Link driverless_vf = enslaved;
  driverless_vf.driver = "";
  Link lost_slave = make_link(3, "vf", kMacB, "mana");
  lost_slave.slave = true;
  Link orphan = lost_slave;
  orphan.master = 99;
  Link of_bond = make_link(3, "eth9", kMacB, "mana");
  of_bond.slave = true;
  of_bond.master = 7;
  Link other_slave = make_link(3, "eth9", kMacB, "virtio_net");
  other_slave.slave = true;
  Link infiniband = make_link(3, "ib0", {}, "mlx5_core");
  infiniband.type = 32;
  Link tunnel = make_link(3, "tun0", {}, "");
  tunnel.type = 65534;
  const Row rows[] = {
      {"netvsc", netvsc(), {}, Role::kSynthetic, "its driver is hv_netvsc"},
      {"enslaved",
       enslaved,
       {netvsc()},
       Role::kVirtualFunction,
       "the synthetic link eth2 is its master"},
      {"an enslaved link with an unknown driver",
       driverless_vf,
       {netvsc()},
       Role::kVirtualFunction,
       "the synthetic link eth2 is its master"},
      {"a VF that is not yet enslaved",
       make_link(3, "vf", kMacA, "mana"),
       {netvsc()},
       Role::kVirtualFunction,
       "it shares the MAC 00:0d:3a:12:34:56 with the synthetic link eth2"},
      {"a slave without a master",
       lost_slave,
       {},
       Role::kVirtualFunction,
       "the kernel marks it as a slave and its driver is mana"},
      {"a slave whose master is not listed",
       orphan,
       {netvsc()},
       Role::kVirtualFunction,
       "the kernel marks it as a slave and its driver is mana"},
      {"a link in a bond",
       of_bond,
       {make_link(7, "bond0", kMacB, "")},
       Role::kStandalone,
       "its driver is mana and no synthetic link shares its MAC"},
      {"a slave of a link with another driver",
       other_slave,
       {},
       Role::kStandalone,
       "its driver is virtio_net and no synthetic link shares its MAC"},
      {"a MANA link alone",
       make_link(3, "eth0", kMacB, "mana"),
       {netvsc()},
       Role::kStandalone,
       "its driver is mana and no synthetic link shares its MAC"},
      {"virtio",
       make_link(3, "eth0", kMacB, "virtio_net"),
       {loopback()},
       Role::kStandalone,
       "its driver is virtio_net and no synthetic link shares its MAC"},
      {"links without a MAC are not paired",
       make_link(3, "eth0", {}, "mana"),
       {netvsc(2, {})},
       Role::kStandalone,
       "its driver is mana and no synthetic link shares its MAC"},
      {"a VLAN that has the MAC of its link",
       make_link(3, "eth2.5", kMacA, ""),
       {netvsc()},
       Role::kOther,
       "it has no driver: it is a virtual link"},
      {"InfiniBand",
       infiniband,
       {netvsc()},
       Role::kInfiniband,
       "it is an InfiniBand link, which is left alone"},
      {"loopback", loopback(), {netvsc()}, Role::kOther, "it is a loopback link"},
      {"tunnel", tunnel, {}, Role::kOther, "its type is 65534, not Ethernet"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    for (const bool last : {false, true}) {  // the order of the links does not matter
      std::vector<Link> links = row.others;
      const std::size_t which = last ? links.size() : 0;
      links.insert(links.begin() + static_cast<std::ptrdiff_t>(which), row.link);
      CHECK(to_string(roles(links, {})[which]) == to_string(row.role));
      CHECK(describe_role(links, which, {}) == row.why);
    }
  }
}

TEST_CASE("links of a configured driver are synthetic, and have VFs") {
  const std::vector<Link> links = {make_link(2, "eth0", kMacA, "virtio_net"),
                                   make_link(3, "eth1", kMacA, "e1000"),
                                   make_link(4, "eth2", kMacB, "e1000")};
  const SyntheticDrivers drivers = {"virtio_net"};
  CHECK(roles(links, {}) == std::vector{Role::kStandalone, Role::kStandalone, Role::kStandalone});
  CHECK(roles(links, drivers) ==
        std::vector{Role::kSynthetic, Role::kVirtualFunction, Role::kStandalone});
  CHECK(describe_role(links, 0, drivers) ==
        "its driver is virtio_net, which [Network] SyntheticDrivers= lists");
  // With net_failover, the master and the slower slave have the driver virtio_net.
  Link standby = make_link(3, "eth0nsby", kMacA, "virtio_net");
  standby.master = 2;
  Link primary = make_link(4, "eth1", kMacA, "vmxnet3");
  primary.master = 2;
  const std::vector<Link> failover = {make_link(2, "eth0", kMacA, "virtio_net"), standby, primary};
  CHECK(roles(failover, drivers) ==
        std::vector{Role::kSynthetic, Role::kVirtualFunction, Role::kVirtualFunction});
  // A virtual link has no driver, so no list makes it synthetic.
  CHECK(roles(std::vector{make_link(2, "br0", kMacA, "")}, {""}) == std::vector{Role::kOther});
}

TEST_CASE("each role has a fixed name") {
  CHECK(to_string(Role::kSynthetic) == "synthetic");
  CHECK(to_string(Role::kVirtualFunction) == "vf");
  CHECK(to_string(Role::kStandalone) == "standalone");
  CHECK(to_string(Role::kInfiniband) == "infiniband");
  CHECK(to_string(Role::kOther) == "other");
}

TEST_CASE("the role of a named link is read from /sys") {
  test::TemporaryTree tree;
  test::add_sysfs_link(tree, "eth0", 2, "00:0d:3a:12:34:56", "hv_netvsc", "0x1003");
  test::add_sysfs_link(tree, "enP1s1", 3, "00:0d:3a:12:34:56", "mlx5_core", "0x1002");
  test::add_sysfs_link(tree, "eth5", 4, "00:0d:3a:12:34:99", "mana", "0x1803");
  test::add_sysfs_link(tree, "eth6", 5, "00:0d:3a:12:34:98", "mana", "0x1003");
  test::add_sysfs_link(tree, "docker0", 6, "00:0d:3a:12:34:56", "", "0x1003");
  test::add_sysfs_link(tree, "eth7", 7, "00:0d:3a:12:34:97", "mana", "0x1003");
  tree.symlink("../../../eth0/net/eth0", "sys/devices/vmbus/eth7/net/eth7/master");
  tree.write("sys/class/net/bonding_masters", "\n");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  const auto role = [&](std::string_view name) {
    const auto result = read_role(*root, name, {});
    return result ? std::string(to_string(*result)) : result.error().to_string();
  };
  CHECK(role("eth0") == "synthetic");
  CHECK(role("enP1s1") == "vf");
  CHECK(role("eth5") == "vf");
  CHECK(role("eth6") == "standalone");
  CHECK(role("docker0") == "other");
  CHECK(role("eth7") == "vf");
  CHECK(role("eth9") == "there is no network link 'eth9'");
  CHECK(role("bonding_masters") == "there is no network link 'bonding_masters'");
  CHECK(role("../../etc") == "there is no network link '../../etc'");
  CHECK(role("") == "there is no network link ''");
}

}  // namespace
}  // namespace azl::net
