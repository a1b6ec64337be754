#include "provision/image/check/network_file_effect.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;

namespace {

NetworkFileEffect judge(const std::string& text, const std::string& drop_in = {},
                        bool roles = true) {
  std::vector<TextFile> parts = {{.path = "/f.network", .text = text}};
  if (!drop_in.empty()) parts.push_back({.path = "/f.network.d/x.conf", .text = drop_in});
  return judge_network_file(parts, roles);
}

}  // namespace

TEST_CASE("a .network file matches the NIC of a VM only if that is certain") {
  struct Row {
    std::string match;
    bool matches;
  };
  const Row rows[] = {
      {"Name=eth0", true},
      {"Name=eth*", true},
      {"Name=en* eth*", true},
      {"Name=en*", false},
      {"Name=!lo", true},
      {"Name=!eth0 lo", false},
      {"Name=*", true},
      {"Driver=hv_netvsc", true},
      {"Driver=virtio_net", false},
      {"Driver=!veth", true},
      {"Type=ether", true},
      {"Type=ether\nName=docker0", false},
      {"Type=ether\nKind=!*", true},
      {"Kind=bridge", false},
      {"Property=AZL_LINK_DHCP=yes", true},
      {"Property=AZL_LINK_ROLE=vf", false},
      {"Property=AZL_LINK_ROLE=synthetic AZL_LINK_DHCP=yes", true},
      {"MACAddress=00:0d:3a:00:00:01", false},
      {"Path=pci-*", false},
      {"Virtualization=vm", true},
      {"Virtualization=container", false},
      {"Host=web-1", false},
      {"# Name=eth0", false},
      {"Name=", false},
      {"", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.match);
    CHECK(judge("[Match]\n" + row.match + "\n[Network]\nDHCP=yes\n").matches == row.matches);
  }
  CHECK(!judge("[Match]\nProperty=AZL_LINK_DHCP=yes\n", "", false).matches);
}

TEST_CASE("a .network file is an obstacle if it brings no lease or no routes") {
  struct Row {
    std::string text;
    const char* obstacle;
    int line;
  };
  const Row rows[] = {
      {"[Network]\nDHCP=yes\n", "", 0},
      {"[Network]\nDHCP=true\n", "", 0},
      {"[Network]\nDHCP=ipv4\n", "", 0},
      {"[Network]\nDHCP=ipv6\n", "DHCP=ipv6", 2},
      {"[Network]\nDHCP=no\n", "DHCP=no", 2},
      {"[Network]\nAddress=10.0.0.4/24\n", "it has no DHCP=", 0},
      {"[Network]\nDHCP=yes\n[DHCPv4]\nUseRoutes=no\n", "UseRoutes=no", 4},
      {"[Network]\nDHCP=yes\n[DHCP]\nUseRoutes=false\n", "UseRoutes=no", 4},
      {"[Link]\nUnmanaged=yes\n", "Unmanaged=yes", 2},
      {"[Network]\nDHCP=no\nDHCP=yes\n", "", 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto effect = judge(row.text);
    CHECK(effect.obstacle == row.obstacle);
    CHECK(effect.line.line == row.line);
  }
}

TEST_CASE("a drop-in changes a .network file") {
  const auto effect = judge("[Match]\nName=eth0\n[Network]\nDHCP=yes\n", "[Network]\nDHCP=no\n");
  CHECK(effect.matches);
  CHECK(effect.obstacle == "DHCP=no");
  CHECK(effect.line.path == "/f.network.d/x.conf");
  CHECK(effect.line.line == 2);
}
