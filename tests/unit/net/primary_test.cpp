#include "net/primary.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

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

TEST_CASE("a DHCP route to the WireServer is certain only if no other link could get a lease") {
  NetworkState state = two_nics({dhcp_route(2, 0, 0), dhcp_route(3, kWireServer, 32)});
  const auto primary = find_primary(state);
  REQUIRE(primary);
  CHECK(primary->link == 3);
  CHECK_FALSE(primary->certain);
  CHECK(primary->why == "eth3 has a DHCP route to the WireServer");

  std::erase_if(state.links, [](const Link& link) { return link.index == 2; });
  CHECK(find_primary(state)->certain);
}

TEST_CASE("of two links with a route to IMDS, the one with the smaller metric is the primary") {
  const auto primary =
      find_primary(two_nics({dhcp_route(2, kImds, 32, 200), dhcp_route(3, kImds, 32, 100)}));
  REQUIRE(primary);
  CHECK(primary->link == 3);
}

TEST_CASE("a DHCP default route is certain only if no other link could get a lease") {
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

  one.links.push_back(make_link(4, "vf", kMacA, "mana"));  // a VF gets no lease of its own
  CHECK(find_primary(one)->certain);
}

TEST_CASE("a default route that is not from DHCP gives an uncertain primary") {
  NetworkState one = two_nics({static_route(2, 0, 0)});
  one.links.pop_back();
  const auto primary = find_primary(one);
  REQUIRE(primary);
  CHECK(primary->link == 2);
  CHECK_FALSE(primary->certain);
  CHECK(primary->why == "eth2 has a default route that is not from DHCP");
}

TEST_CASE("a DHCP default route takes precedence over a static one, whatever their metrics") {
  const auto primary = find_primary(two_nics({static_route(2, 0, 0), dhcp_route(3, 0, 0, 1024)}));
  REQUIRE(primary);
  CHECK(primary->link == 3);
}

TEST_CASE("a bridge that the user configured can be the primary") {
  NetworkState state = two_nics({dhcp_route(5, kImds, 32)});
  state.links.push_back(make_link(5, "br0", kMacA, ""));
  const auto primary = find_primary(state);
  REQUIRE(primary);
  CHECK(primary->link == 5);
}

TEST_CASE("some routes never give a primary") {
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
      {"no links and no routes", {}},
      {"no route", two_nics({})},
      {"a subnet", two_nics({dhcp_route(2, 0x0A000000, 24)})},
      {"a static host route", two_nics({static_route(2, kImds, 32)})},
      {"a wider DHCP route", two_nics({dhcp_route(2, 0xA9FEA900, 24)})},
      {"a route to 169.254/16", two_nics({dhcp_route(2, 0xA9FE0000, 16)})},
      {"a link-local source", two_nics({by_link_local})},
      {"link-local addresses only", link_local},
      {"a virtual function", vf},
      {"InfiniBand", ib},
      {"loopback", two_nics({dhcp_route(1, kImds, 32)})},
      {"a route of a removed link", two_nics({dhcp_route(9, kImds, 32)})},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK_FALSE(find_primary(row.state));
  }
}

TEST_CASE("a link with a lease can be the primary even if it also has a link-local address") {
  NetworkState state = two_nics({dhcp_route(2, kImds, 32)});
  state.addresses.push_back({.link = 2, .ip = kLinkLocal, .prefix = 16});
  CHECK(find_primary(state));
}

TEST_CASE("synthetic and standalone links can get a lease, and VFs cannot") {
  const SyntheticDrivers drivers = {"virtio_net"};
  const std::vector<Link> links = {
      loopback(), make_link(2, "eth0", kMacA, "virtio_net"), make_link(3, "eth1", kMacA, "e1000"),
      make_link(4, "eth2", kMacB, "e1000"), make_link(5, "br0", kMacB, "")};
  CHECK(count_dhcp_links(links, drivers) == 2);
  CHECK(count_dhcp_links(links, {}) == 3);  // eth1 counts as a separate NIC
}

TEST_CASE("whether a primary is certain depends on the configured synthetic drivers") {
  NetworkState state{
      .links = {make_link(2, "eth0", kMacA, "virtio_net"), make_link(3, "eth1", kMacA, "e1000")},
      .addresses = {{.link = 2, .ip = kOurs, .prefix = 24}},
      .ipv6_addresses = {},
      .routes = {dhcp_route(2, 0, 0)}};
  CHECK_FALSE(find_primary(state)->certain);
  state.synthetic_drivers = {"virtio_net"};
  CHECK(find_primary(state)->certain);
}

}  // namespace
}  // namespace azl::net
