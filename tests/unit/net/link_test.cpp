#include "net/link.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

constexpr MacAddress kMacA{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x56};
constexpr MacAddress kMacB{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x57};
constexpr std::uint32_t kImds = 0xA9FEA9FE;
constexpr std::uint32_t kWireServer = 0xA83F8110;
constexpr std::uint32_t kOurs = 0x0A000004;       // 10.0.0.4
constexpr std::uint32_t kLinkLocal = 0xA9FE0505;  // 169.254.5.5

Link make_link(int index, const std::string& name, const MacAddress& mac,
               const std::string& driver) {
  return {.index = index, .name = name, .mac = mac, .driver = driver};
}
Link loopback() { return {.index = 1, .name = "lo", .type = 772}; }
Link netvsc(int index = 2, const MacAddress& mac = kMacA) {
  return make_link(index, "eth" + std::to_string(index), mac, "hv_netvsc");
}

TEST_CASE("a MAC is written and read with colons") {
  CHECK(to_string(kMacA) == "00:0d:3a:12:34:56");
  CHECK(parse_mac("00:0d:3a:12:34:56") == kMacA);
  CHECK(parse_mac("00:0D:3A:12:34:56") == kMacA);
  for (const char* text : {"", "000d3a123456", "00:0d:3a:12:34", "00:0d:3a:12:34:5",
                           "00:0d:3a:12:34:567", "00-0d-3a-12-34-56", "00:0d:3a:12:34:5g",
                           "00:0d:3a:12:34:56:78:9a:bc:de:f0:00:00:00:00:00:00:00:00:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_mac(text));
  }
}

TEST_CASE("each link has the role that the machine's other links give it") {
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
      {"enslaved, its driver unknown",
       driverless_vf,
       {netvsc()},
       Role::kVirtualFunction,
       "the synthetic link eth2 is its master"},
      {"not yet enslaved",
       make_link(3, "vf", kMacA, "mana"),
       {netvsc()},
       Role::kVirtualFunction,
       "it shares the MAC 00:0d:3a:12:34:56 with the synthetic link eth2"},
      {"a slave without a master",
       lost_slave,
       {},
       Role::kVirtualFunction,
       "the kernel marks it as a slave and its driver is mana"},
      {"a slave of a link that is not seen",
       orphan,
       {netvsc()},
       Role::kVirtualFunction,
       "the kernel marks it as a slave and its driver is mana"},
      {"in a bond",
       of_bond,
       {make_link(7, "bond0", kMacB, "")},
       Role::kStandalone,
       "its driver is mana and no synthetic link shares its MAC"},
      {"another driver's slave",
       other_slave,
       {},
       Role::kStandalone,
       "its driver is virtio_net and no synthetic link shares its MAC"},
      {"mana alone",
       make_link(3, "eth0", kMacB, "mana"),
       {netvsc()},
       Role::kStandalone,
       "its driver is mana and no synthetic link shares its MAC"},
      {"virtio",
       make_link(3, "eth0", kMacB, "virtio_net"),
       {loopback()},
       Role::kStandalone,
       "its driver is virtio_net and no synthetic link shares its MAC"},
      {"no MAC pairs with no MAC",
       make_link(3, "eth0", {}, "mana"),
       {netvsc(2, {})},
       Role::kStandalone,
       "its driver is mana and no synthetic link shares its MAC"},
      {"a VLAN on top shares the MAC",
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
    for (const bool last : {false, true}) {  // the order of the links means nothing
      std::vector<Link> links = row.others;
      const std::size_t which = last ? links.size() : 0;
      links.insert(links.begin() + static_cast<std::ptrdiff_t>(which), row.link);
      CHECK(to_string(roles(links)[which]) == to_string(row.role));
      CHECK(role_reason(links, which) == row.why);
    }
  }
}

TEST_CASE("the configuration makes another driver's links synthetic, and so others their VFs") {
  const std::vector<Link> links = {make_link(2, "eth0", kMacA, "virtio_net"),
                                   make_link(3, "eth1", kMacA, "e1000"),
                                   make_link(4, "eth2", kMacB, "e1000")};
  const SyntheticDrivers drivers = {"virtio_net"};
  CHECK(roles(links) == std::vector{Role::kStandalone, Role::kStandalone, Role::kStandalone});
  CHECK(roles(links, drivers) ==
        std::vector{Role::kSynthetic, Role::kVirtualFunction, Role::kStandalone});
  CHECK(role_reason(links, 0, drivers) ==
        "its driver is virtio_net, which [Network] SyntheticDrivers= lists");
  CHECK(count_dhcp_links(links, drivers) == 2);
  // net_failover: a master and the slower slave are both virtio_net's.
  Link standby = make_link(3, "eth0nsby", kMacA, "virtio_net");
  standby.master = 2;
  Link primary = make_link(4, "eth1", kMacA, "vmxnet3");
  primary.master = 2;
  const std::vector<Link> failover = {make_link(2, "eth0", kMacA, "virtio_net"), standby, primary};
  CHECK(roles(failover, drivers) ==
        std::vector{Role::kSynthetic, Role::kVirtualFunction, Role::kVirtualFunction});
  CHECK(count_dhcp_links(failover, drivers) == 1);
  // A virtual link has no driver, which no list can name.
  CHECK(roles(std::vector{make_link(2, "br0", kMacA, "")}, {""}) == std::vector{Role::kOther});
}

TEST_CASE("roles have the names of the plan and of AZL_LINK_ROLE") {
  CHECK(to_string(Role::kSynthetic) == "synthetic");
  CHECK(to_string(Role::kVirtualFunction) == "vf");
  CHECK(to_string(Role::kStandalone) == "standalone");
  CHECK(to_string(Role::kInfiniband) == "infiniband");
  CHECK(to_string(Role::kOther) == "other");
}

Route dhcp_route(int link, std::uint32_t to, int prefix, std::uint32_t metric = 100) {
  return {
      .link = link, .to = to, .prefix = prefix, .dhcp = true, .source = kOurs, .metric = metric};
}
Route static_route(int link, std::uint32_t to, int prefix) {
  return {.link = link, .to = to, .prefix = prefix};
}
NetworkState two_nics(std::vector<Route> routes) {
  return {.links = {loopback(), netvsc(2, kMacA), netvsc(3, kMacB)},
          .addresses = {{.link = 2, .ip = kOurs, .prefix = 24}},
          .ipv6_addresses = {},
          .routes = std::move(routes)};
}

TEST_CASE("the primary has a DHCP host route to IMDS") {
  const auto primary = find_primary(
      two_nics({dhcp_route(2, 0, 0), dhcp_route(2, kWireServer, 32), dhcp_route(3, kImds, 32)}));
  REQUIRE(primary);
  CHECK(primary->link == 3);
  CHECK(primary->certain);
  CHECK(primary->why == "eth3 has a DHCP route to IMDS");
}

TEST_CASE(
    "a DHCP host route to the WireServer is certain only on the sole link that could bring DHCP") {
  NetworkState state = two_nics({dhcp_route(2, 0, 0), dhcp_route(3, kWireServer, 32)});
  const auto primary = find_primary(state);
  REQUIRE(primary);
  CHECK(primary->link == 3);
  CHECK_FALSE(primary->certain);
  CHECK(primary->why == "eth3 has a DHCP route to the WireServer");

  std::erase_if(state.links, [](const Link& link) { return link.index == 2; });
  CHECK(find_primary(state)->certain);
}

TEST_CASE("of two links with such a route, the kernel's choice is the primary") {
  const auto primary =
      find_primary(two_nics({dhcp_route(2, kImds, 32, 200), dhcp_route(3, kImds, 32, 100)}));
  REQUIRE(primary);
  CHECK(primary->link == 3);
}

TEST_CASE("a DHCP default route is certain only on the sole link that could bring DHCP") {
  auto primary = find_primary(two_nics({dhcp_route(2, 0, 0)}));
  REQUIRE(primary);
  CHECK(primary->link == 2);
  CHECK_FALSE(primary->certain);
  CHECK(primary->why == "eth2 has a DHCP default route, but none to IMDS or the WireServer");

  NetworkState one = two_nics({dhcp_route(2, 0, 0)});
  one.links.pop_back();
  primary = find_primary(one);
  REQUIRE(primary);
  CHECK(primary->certain);
  CHECK(primary->why == "eth2 has a DHCP default route, and no other link could bring a lease");

  one.links.push_back(make_link(4, "vf", kMacA, "mana"));  // a VF brings no lease of its own
  CHECK(find_primary(one)->certain);
}

TEST_CASE("a default route by hand is a primary, but never a certain one") {
  NetworkState one = two_nics({static_route(2, 0, 0)});
  one.links.pop_back();
  const auto primary = find_primary(one);
  REQUIRE(primary);
  CHECK(primary->link == 2);
  CHECK_FALSE(primary->certain);
  CHECK(primary->why == "eth2 has a default route that is not from DHCP");
}

TEST_CASE("a DHCP default route beats one by hand, whatever their metrics") {
  const auto primary = find_primary(two_nics({static_route(2, 0, 0), dhcp_route(3, 0, 0, 1024)}));
  REQUIRE(primary);
  CHECK(primary->link == 3);
}

TEST_CASE("a bridge of the user's can be the primary") {
  NetworkState state = two_nics({dhcp_route(5, kImds, 32)});
  state.links.push_back(make_link(5, "br0", kMacA, ""));
  const auto primary = find_primary(state);
  REQUIRE(primary);
  CHECK(primary->link == 5);
}

TEST_CASE("what never makes a primary") {
  struct Row {
    const char* what;
    NetworkState state;
  };
  Link infiniband = make_link(4, "ib0", {}, "mlx5_core");
  infiniband.type = 32;
  NetworkState vf = two_nics({dhcp_route(4, kImds, 32), dhcp_route(4, 0, 0)});
  vf.links.push_back(make_link(4, "vf", kMacA, "mana"));
  NetworkState ib = two_nics({dhcp_route(4, kImds, 32)});
  ib.links.push_back(infiniband);
  Route by_link_local = dhcp_route(2, 0, 0);
  by_link_local.source = kLinkLocal;
  NetworkState link_local = two_nics({static_route(2, 0, 0), static_route(2, 0xA9FE0000, 16)});
  link_local.addresses = {{.link = 2, .ip = kLinkLocal, .prefix = 16}};
  const Row rows[] = {
      {"nothing at all", {}},
      {"no route", two_nics({})},
      {"a subnet", two_nics({dhcp_route(2, 0x0A000000, 24)})},
      {"a host route by hand", two_nics({static_route(2, kImds, 32)})},
      {"a wider DHCP route", two_nics({dhcp_route(2, 0xA9FEA900, 24)})},
      {"a route to 169.254/16", two_nics({dhcp_route(2, 0xA9FE0000, 16)})},
      {"a link-local source", two_nics({by_link_local})},
      {"link-local addresses only", link_local},
      {"a virtual function", vf},
      {"InfiniBand", ib},
      {"loopback", two_nics({dhcp_route(1, kImds, 32)})},
      {"a link that is gone", two_nics({dhcp_route(9, kImds, 32)})},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK_FALSE(find_primary(row.state));
  }
}

TEST_CASE("a link with a link-local address beside its lease counts") {
  NetworkState state = two_nics({dhcp_route(2, kImds, 32)});
  state.addresses.push_back({.link = 2, .ip = kLinkLocal, .prefix = 16});
  CHECK(find_primary(state));
}

/// A link of a fake /sys, laid out as the kernel's: class/net/NAME leads into devices/.
void add_link(test::TemporaryTree& tree, const std::string& name, int index, const std::string& mac,
              const std::string& driver, const std::string& flags) {
  const std::string device = "sys/devices/" + (driver.empty() ? "virtual" : "vmbus/" + name);
  const std::string link = device + "/net/" + name + "/";
  tree.write(link + "ifindex", std::to_string(index) + "\n")
      .write(link + "address", mac + "\n")
      .write(link + "type", "1\n")
      .write(link + "flags", flags + "\n")
      .write(link + "carrier", "1\n")
      .symlink("../../" + device.substr(4) + "/net/" + name, "sys/class/net/" + name);
  if (driver.empty()) return;
  tree.mkdir("sys/bus/drivers/" + driver)
      .symlink("../../../bus/drivers/" + driver, device + "/driver")
      .symlink("../../../" + name, link + "device");
}

TEST_CASE("the role of a link by name comes from /sys alone") {
  test::TemporaryTree tree;
  add_link(tree, "eth0", 2, "00:0d:3a:12:34:56", "hv_netvsc", "0x1003");
  add_link(tree, "enP1s1", 3, "00:0d:3a:12:34:56", "mlx5_core", "0x1002");
  add_link(tree, "eth5", 4, "00:0d:3a:12:34:99", "mana", "0x1803");
  add_link(tree, "eth6", 5, "00:0d:3a:12:34:98", "mana", "0x1003");
  add_link(tree, "docker0", 6, "00:0d:3a:12:34:56", "", "0x1003");
  add_link(tree, "eth7", 7, "00:0d:3a:12:34:97", "mana", "0x1003");
  tree.symlink("../../../eth0/net/eth0", "sys/devices/vmbus/eth7/net/eth7/master");
  tree.write("sys/class/net/bonding_masters", "\n");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  const auto role = [&](std::string_view name) {
    const auto result = role_of(*root, name);
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

TEST_CASE("links of /sys have all that the kernel tells there") {
  test::TemporaryTree tree;
  add_link(tree, "eth0", 2, "00:0d:3a:12:34:56", "hv_netvsc", "0x1003");
  add_link(tree, "eth1", 3, "00:0d:3a:12:34:57", "mana", "0x1802");
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

TEST_CASE("a machine without network has no links and that is no error") {
  test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  const auto links = read_sysfs_links(*root);
  REQUIRE(links);
  CHECK(links->empty());
}

}  // namespace
}  // namespace azl::net
