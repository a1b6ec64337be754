#include "net/network_plan.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::net {
namespace {

constexpr MacAddress kA{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0a};
constexpr MacAddress kB{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0b};
constexpr MacAddress kC{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0c};
constexpr MacAddress kD{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0d};

Link netvsc(int index, const MacAddress& mac) {
  return {.index = index, .name = "eth" + std::to_string(index), .mac = mac, .driver = "hv_netvsc"};
}

ListedInterface listed(const MacAddress& mac, const std::vector<std::string>& addresses) {
  ListedInterface interface{.mac = mac};
  for (const auto& text : addresses) {
    auto address = parse_listed_address(text);
    REQUIRE(address);
    (address->ipv6 ? interface.ipv6 : interface.ipv4).push_back(*address);
  }
  return interface;
}

/// Three NICs with an address each. A is the primary.
NetworkFacts three_nics() {
  NetworkFacts facts;
  facts.links = {netvsc(2, kA), netvsc(3, kB), netvsc(4, kC)};
  facts.primary = kA;
  facts.listed = {
      {listed(kA, {"10.0.0.4/24"}), listed(kB, {"10.0.1.4/24"}), listed(kC, {"10.0.2.4/24"})}};
  facts.roles = roles(facts.links, {});
  return facts;
}

NetworkFacts with_links(NetworkFacts facts, std::vector<Link> links) {
  facts.links = std::move(links);
  facts.roles = roles(facts.links, {});
  return facts;
}

std::string content_for(const NetworkPlan& plan, const MacAddress& mac) {
  const auto found = std::ranges::find(plan.files, mac, &NetworkFile::mac);
  return found == plan.files.end() ? "" : found->content;
}

bool has_line(const std::string& content, const std::string& line) {
  return ("\n" + content).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("the order of the links and of IMDS's list changes nothing") {
  const auto expected = plan_network(three_nics(), {});
  auto facts = three_nics();
  std::ranges::reverse(facts.links);
  std::rotate(facts.listed->begin(), facts.listed->begin() + 1, facts.listed->end());
  const auto plan = plan_network(facts, {});
  CHECK(plan.places == expected.places);
  REQUIRE(plan.files.size() == expected.files.size());
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    CHECK(plan.files[i].path == expected.files[i].path);
    CHECK(plan.files[i].content == expected.files[i].content);
  }
}

TEST_CASE("a NIC keeps its place while others are added, removed and restored") {
  auto facts = three_nics();
  facts.primary = kB;
  const auto first = plan_network(facts, {});
  CHECK(first.places == Places{{kB, 0}, {kA, 1}, {kC, 2}});

  facts.places = first.places;
  auto without_a = with_links(facts, {netvsc(3, kB), netvsc(4, kC)});
  const auto second = plan_network(without_a, {});
  CHECK(second.places == Places{{kB, 0}, {kA, 1}, {kC, 2}});
  CHECK(content_for(second, kC) == content_for(first, kC));
  CHECK(content_for(second, kA).empty());

  // A new NIC does not get the place of the removed NIC, which may come back.
  auto with_d = with_links(facts, {netvsc(3, kB), netvsc(4, kC), netvsc(5, kD)});
  with_d.places = second.places;
  const auto third = plan_network(with_d, {});
  CHECK(third.places == Places{{kB, 0}, {kA, 1}, {kC, 2}, {kD, 3}});
}

TEST_CASE("a new primary takes place 0, and the old one gets another") {
  auto facts = three_nics();
  facts.places = {{kA, 0}, {kB, 1}, {kC, 2}};
  facts.primary = kB;
  const auto plan = plan_network(facts, {});
  CHECK(plan.places == Places{{kB, 0}, {kA, 1}, {kC, 2}});
  CHECK(content_for(plan, kB).empty());
  CHECK(has_line(content_for(plan, kA), "RouteMetric=200"));
}

TEST_CASE("invalid places are replaced") {
  auto facts = three_nics();
  facts.places = {{kB, 2}, {kC, 2}, {kD, -7}};
  const auto plan = plan_network(facts, {});
  CHECK(plan.places == Places{{kA, 0}, {kB, 2}, {kC, 1}});
}

TEST_CASE("a limited number of removed NICs keep their places") {
  auto facts = three_nics();
  for (int i = 0; i < 1000; ++i) {
    const MacAddress gone{
        0x02, 0, 0, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)};
    facts.places.emplace(gone, i + 1);
  }
  const auto plan = plan_network(facts, {});
  CHECK(plan.places.size() <= 66);
  CHECK(plan.places.at(kA) == 0);
}

TEST_CASE("no files are planned while the primary is not known") {
  auto facts = three_nics();
  facts.primary.reset();
  const auto plan = plan_network(facts, {});
  CHECK(plan.files.empty());
  CHECK(plan.undecided ==
        "it is not known which of the 3 NICs leads to Azure, so their files stay as they are");

  SUBCASE("an earlier boot knew the primary") {
    facts.places = {{kB, 0}};
    const auto known = plan_network(facts, {});
    CHECK(known.undecided.empty());
    CHECK(known.places.at(kB) == 0);
    CHECK(known.files.size() == 2);
  }
  SUBCASE("a primary that is not a NIC, such as a bridge, is ignored") {
    facts.primary = kD;
    CHECK(plan_network(facts, {}).files.empty());
  }
  SUBCASE("the only NIC is the primary") {
    const auto sole = plan_network(with_links(facts, {netvsc(3, kB)}), {});
    CHECK(sole.undecided.empty());
    CHECK(sole.places == Places{{kB, 0}});
    CHECK(sole.files.empty());
  }
  SUBCASE("no NIC, or only NICs in a bond") {
    CHECK(plan_network(with_links(facts, {}), {}).undecided ==
          "this machine has no NIC to configure");
    for (auto& link : facts.links) link.master = 99;
    CHECK(plan_network(facts, {}).nics == 0);
  }
}

TEST_CASE("each inconsistency is a note") {
  struct Row {
    const char* what;
    NetworkFacts facts;
    std::vector<std::string> notes;
  };
  auto lacks = three_nics();
  lacks.listed->push_back(listed(kD, {"10.0.3.4/24"}));
  auto vf_only = lacks;
  vf_only.links.push_back({.index = 9, .name = "vf9", .mac = kD, .driver = "mana", .slave = true});
  vf_only.roles = roles(vf_only.links, {});
  auto unlisted = three_nics();
  unlisted.listed->pop_back();
  auto no_address = three_nics();
  no_address.listed->back() = listed(kC, {});
  auto twice = three_nics();
  twice.listed->push_back(listed(kB, {"10.0.9.9/24"}));
  auto same_address = three_nics();
  same_address.listed->back() = listed(kC, {"10.0.2.4/24", "10.0.1.4/24"});
  auto never_asked = three_nics();
  never_asked.listed.reset();
  auto same_mac = three_nics();
  same_mac = with_links(same_mac, {netvsc(2, kA), netvsc(3, kB), netvsc(4, kC), netvsc(7, kC)});
  auto no_mac = three_nics();
  no_mac = with_links(no_mac, {netvsc(2, kA), netvsc(3, kB), netvsc(4, kC), netvsc(7, {})});
  auto in_bond = three_nics();
  in_bond.links[2].master = 99;
  const std::vector<Row> rows = {
      {"nothing", three_nics(), {}},
      {"a NIC that the machine lacks",
       lacks,
       {"IMDS lists the NIC 00:0d:3a:00:00:0d, which this machine does not have"}},
      {"a NIC of which the machine has only the VF",
       vf_only,
       {"IMDS lists the NIC 00:0d:3a:00:00:0d, which this machine does not have: it has only the "
        "virtual function vf9"}},
      {"a NIC that IMDS does not list",
       unlisted,
       {"IMDS does not list the NIC 00:0d:3a:00:00:0c (eth4): it gets DHCP only"}},
      {"a NIC without an address",
       no_address,
       {"IMDS lists no address for the NIC 00:0d:3a:00:00:0c (eth4): it gets DHCP only"}},
      {"a MAC that IMDS lists twice",
       twice,
       {"IMDS lists the MAC 00:0d:3a:00:00:0b more than once: only the first entry is used"}},
      {"an address that IMDS lists twice",
       same_address,
       {"IMDS lists the address 10.0.1.4 more than once: it is not given to the NIC "
        "00:0d:3a:00:00:0c (eth4)"}},
      {"IMDS has never answered",
       never_asked,
       {"IMDS has not listed the NICs: all but the primary get DHCP and a metric, but no further "
        "addresses and no routing rules"}},
      {"two links with one MAC",
       same_mac,
       {"the links eth4 and eth7 have the same MAC 00:0d:3a:00:00:0c: only eth4 is configured"}},
      {"a link without a MAC",
       no_mac,
       {"the link eth7 has no MAC address, so no file can match it"}},
      {"a NIC in a bond",
       in_bond,
       {"the NIC 00:0d:3a:00:00:0c (eth4) is part of another link, so azl-provision does not "
        "configure it",
        "IMDS lists the NIC 00:0d:3a:00:00:0c, which this machine does not have"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = plan_network(row.facts, {});
    CHECK(plan.notes == row.notes);
    CHECK(plan.undecided.empty());
    if (!row.facts.listed) continue;
    CHECK(content_for(plan, kB) == content_for(plan_network(three_nics(), {}), kB));
  }
}

TEST_CASE("256 addresses on each of 8 NICs are all configured, each with its rule") {
  NetworkFacts facts;
  facts.primary = MacAddress{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x10};
  facts.listed.emplace();
  for (std::uint8_t nic = 0; nic < 8; ++nic) {
    const MacAddress mac{0x00, 0x0d, 0x3a, 0x00, 0x00, static_cast<std::uint8_t>(0x10 + nic)};
    facts.links.push_back(netvsc(2 + nic, mac));
    std::vector<std::string> addresses;
    for (int i = 0; i < 256; ++i) {
      addresses.push_back("10." + std::to_string(nic) + "." + std::to_string(i / 128) + "." +
                          std::to_string(4 + i % 128) + "/16");
    }
    facts.listed->push_back(listed(mac, addresses));
  }
  facts.roles = roles(facts.links, {});
  const auto plan = plan_network(facts, {});
  CHECK(plan.notes.empty());
  REQUIRE(plan.files.size() == 8);
  const auto count = [](const std::string& text, const std::string& what) {
    int found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    CAPTURE(i);
    const auto& content = plan.files[i].content;
    CHECK(count(content, "\nAddress=10." + std::to_string(i)) == 255);
    CHECK(count(content, "\nAddPrefixRoute=no\n") == 255);
    CHECK(count(content, "\nFrom=10." + std::to_string(i)) == (i == 0 ? 0 : 256));
    CHECK(count(content, "[RoutingPolicyRule]") == (i == 0 ? 0 : 256));
  }
}

TEST_CASE("a VF, InfiniBand and virtual links never get a file") {
  auto facts = three_nics();
  facts.links.push_back({.index = 8, .name = "vf", .mac = kB, .driver = "mlx5_core"});
  facts.links.push_back({.index = 9, .name = "ib0", .mac = kD, .driver = "mlx5_core", .type = 32});
  facts.links.push_back({.index = 10, .name = "br0", .mac = kD});
  facts.roles = roles(facts.links, {});
  const auto plan = plan_network(facts, {});
  CHECK(plan.files.size() == 2);
  CHECK(content_for(plan, kD).empty());
  CHECK(has_line(content_for(plan, kB), "Driver=hv_netvsc"));
}

TEST_CASE("options decide which files are planned and what they contain") {
  auto facts = three_nics();
  facts.listed = {{listed(kA, {"10.0.0.4/24", "10.0.0.5/24"}),
                   listed(kB, {"10.0.1.4/24", "10.0.1.5/24"}), listed(kC, {"10.0.2.4/24"})}};
  NetworkOptions options;
  SUBCASE("SecondaryAddresses=no: no file for the primary, and rules for first addresses only") {
    options.secondary_addresses = false;
    const auto plan = plan_network(facts, options);
    CHECK(plan.files.size() == 2);
    CHECK_FALSE(has_line(content_for(plan, kB), "Address=10.0.1.5/24"));
    CHECK_FALSE(has_line(content_for(plan, kB), "From=10.0.1.5"));
    CHECK(has_line(content_for(plan, kB), "From=10.0.1.4"));
  }
  SUBCASE("PolicyRouting=no: metrics only") {
    options.policy_routing = false;
    const auto content = content_for(plan_network(facts, options), kB);
    CHECK(has_line(content, "RouteMetric=200"));
    CHECK(content.find("RouteTable") == std::string::npos);
    CHECK(content.find("[RoutingPolicyRule]") == std::string::npos);
    CHECK(has_line(content, "Address=10.0.1.5/24"));
  }
  SUBCASE("UseDns=no, Mtu= and Match=") {
    options.use_dns = false;
    options.mtu = 1400;
    options.match = {"Virtualization=microsoft"};
    const auto plan = plan_network(facts, options);
    REQUIRE(plan.files.size() == 3);
    const auto content = content_for(plan, kA);
    CHECK(has_line(content, "UseDNS=no"));
    CHECK_FALSE(has_line(content, "UseDNS=yes"));
    CHECK(has_line(content, "MTUBytes=1400"));
    CHECK(has_line(content, "Virtualization=microsoft"));
    CHECK(plan.files[0].why ==
          "the primary NIC needs more than the default file gives: 1 further "
          "address, no DNS from DHCP, an MTU of 1400");
  }
  SUBCASE("Manage=primary") {
    options.manage = NetworkOptions::Manage::kPrimary;
    const auto plan = plan_network(facts, options);
    REQUIRE(plan.files.size() == 1);
    CHECK(plan.files[0].mac == kA);
  }
  SUBCASE("Manage=none") {
    options.manage = NetworkOptions::Manage::kNone;
    const auto plan = plan_network(facts, options);
    CHECK(plan.files.empty());
    CHECK(plan.undecided.empty());
    CHECK(plan.places.size() == 3);
  }
  SUBCASE("Files=run") {
    options.files = NetworkOptions::Where::kRun;
    CHECK(plan_network(facts, options).files.front().path ==
          "/run/systemd/network/50-azl-provision-000d3a00000a.network");
  }
}

}  // namespace
}  // namespace azl::net
