#include "net/network_file.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

namespace azl::net {
namespace {

const Link kLink{
    .index = 2, .name = "eth0", .mac = {0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0a}, .driver = "hv_netvsc"};

TEST_CASE("a file's name gives its NIC only if azl-provision writes such a name") {
  CHECK(network_file_name(kLink.mac) == "50-azl-provision-000d3a00000a.network");
  CHECK(mac_of_network_file("50-azl-provision-000d3a00000a.network") == kLink.mac);
  for (const char* name :
       {"", "50-azl-provision-.network", "50-azl-provision-000d3a00000.network",
        "50-azl-provision-000d3a00000aa.network", "50-azl-provision-000D3A00000A.network",
        "50-azl-provision-000d3a00000g.network", "50-azl-provision-000d3a00000a.link",
        "10-azl-provision-vf.network", ".50-azl-provision-000d3a00000a.network.azl-new"}) {
    CAPTURE(name);
    CHECK_FALSE(mac_of_network_file(name));
  }
}

TEST_CASE("a file is ours only if it begins with our header") {
  CHECK(is_our_network_file(render_network_file({.link = &kLink}, {}).content));
  CHECK_FALSE(is_our_network_file(""));
  CHECK_FALSE(is_our_network_file("[Match]\nName=eth0\n"));
  CHECK_FALSE(is_our_network_file("\n# Written by azl-provision"));
}

TEST_CASE("a primary needs a file only for settings that the default file does not have") {
  const ListedAddress first{.text = "10.0.0.4", .prefix = 24};
  const ListedAddress second{.text = "10.0.0.5", .prefix = 24};
  const Nic primary{.link = &kLink, .ipv4 = {&first}};
  CHECK_FALSE(needs_network_file(primary, {}));
  CHECK(needs_network_file({.link = &kLink, .ipv4 = {&first, &second}}, {}));
  CHECK(needs_network_file(primary, {.mtu = 1400}));
  CHECK(needs_network_file(primary, {.use_dns = false}));
  CHECK(needs_network_file({.link = &kLink, .place = 1}, {}));
}

TEST_CASE("a file says why it exists") {
  const ListedAddress first{.text = "10.0.1.4", .prefix = 24};
  const ListedAddress second{.text = "10.0.1.5", .prefix = 24};
  const Nic nic{.link = &kLink, .place = 1, .ipv4 = {&first, &second}};
  CHECK(render_network_file(nic, {}).why ==
        "NIC 2 of this VM: DHCP with metric 200 and no DNS, 1 further address; table 200 routes "
        "packets from its addresses");
  CHECK(render_network_file({.link = &kLink, .place = 2}, {}).why ==
        "NIC 3 of this VM: DHCP with metric 300 and no DNS");
  CHECK(render_network_file({.link = &kLink}, {.mtu = 1400}).why ==
        "the primary NIC needs more than the default file gives: an MTU of 1400");
}

/// The settings of a .network file from [Network] on, without comments and empty lines.
std::string settings_of(const std::string& content) {
  std::string settings;
  std::istringstream lines(content.substr(content.find("[Network]\n")));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with('#')) settings += line + "\n";
  }
  return settings;
}

TEST_CASE("the default file has the settings that are rendered for a primary") {
  std::ifstream file("units/99-azl-provision-default.network");
  REQUIRE(file);
  const std::string shipped{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto rendered = render_network_file({.link = &kLink}, {});
  CHECK(settings_of(shipped) == settings_of(rendered.content));
}

TEST_CASE("an mlx4 NIC is matched by both of its driver's names") {
  Link mlx4 = kLink;
  mlx4.driver = "mlx4_core";
  const auto content = render_network_file({.link = &mlx4, .place = 1}, {}).content;
  CHECK(content.find("\nDriver=mlx4_core mlx4_en\n") != std::string::npos);
}

}  // namespace
}  // namespace azl::net
