#include "net/acceleration.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

constexpr MacAddress kA{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0a};
constexpr MacAddress kB{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0b};

/// Names in the layout of ETHTOOL_GSTRINGS.
std::vector<std::byte> names(const std::vector<std::string>& list) {
  std::vector<std::byte> bytes(list.size() * 32);
  for (std::size_t i = 0; i < list.size(); ++i)
    std::memcpy(bytes.data() + i * 32, list[i].data(), std::min<std::size_t>(list[i].size(), 32));
  return bytes;
}

TEST_CASE("the VF's packets are found among a link's statistics") {
  const auto all = names({"tx_scattered", "vf_rx_packets", "vf_rx_bytes", "vf_tx_packets"});
  const std::vector<std::uint64_t> values = {1, 120, 9000, 98};
  const auto traffic = parse_vf_traffic(all, values);
  REQUIRE(traffic);
  CHECK(traffic->received == 120);
  CHECK(traffic->sent == 98);
}

TEST_CASE("statistics that are short, broken or from another driver give no traffic") {
  const auto both = names({"vf_rx_packets", "vf_tx_packets"});
  const std::vector<std::uint64_t> values = {1, 2};
  CHECK(parse_vf_traffic(both, values));
  CHECK_FALSE(parse_vf_traffic({}, {}));
  CHECK_FALSE(parse_vf_traffic(both, {}));
  CHECK_FALSE(parse_vf_traffic({}, values));
  CHECK_FALSE(parse_vf_traffic(both, std::span(values).first(1)));
  CHECK_FALSE(parse_vf_traffic(std::span(both).first(63), values));  // the last name is incomplete
  CHECK_FALSE(parse_vf_traffic(names({"rx_packets", "tx_packets"}), values));
  CHECK_FALSE(parse_vf_traffic(names({"vf_rx_packets_", "vf_tx_packets"}), values));
  // A name of 32 bytes does not end with a NUL.
  CHECK_FALSE(parse_vf_traffic(names({std::string(40, 'x'), "vf_tx_packets"}), values));
}

TEST_CASE("a link that has no such statistics, or does not exist, gives no traffic") {
  CHECK_FALSE(read_vf_traffic("lo"));
  CHECK_FALSE(read_vf_traffic("no-such-link"));
  CHECK_FALSE(read_vf_traffic("a-name-that-no-link-can-have"));
  CHECK_FALSE(read_vf_traffic(""));
}

TEST_CASE("network functions and the PCI address of a link are read from sysfs") {
  test::TemporaryTree tree;
  const std::string pci = "sys/bus/pci/devices/";
  tree.write(pci + "0000:00:1f.0/class", "0x060100\n")
      .write(pci + "0000:00:1f.0/vendor", "0x8086\n");
  tree.write(pci + "0001:00:02.0/class", "0x020000\n")
      .write(pci + "0001:00:02.0/vendor", "0x15b3\n")
      .symlink("../../../bus/pci/drivers/mlx5_core", pci + "0001:00:02.0/driver");
  tree.write(pci + "0002:00:02.0/class", "0x020000\n")
      .write(pci + "0002:00:02.0/vendor", "0x1414\n");
  tree.symlink("../../../0001:00:02.0", "sys/class/net/enP1s1/device")
      .symlink("../../../f8615163-0000-1000-2000-00224843a8a7", "sys/class/net/eth0/device");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  const auto functions = read_network_functions(*root);
  REQUIRE(functions.size() == 2);
  CHECK(functions[0].address == "0001:00:02.0");
  CHECK(functions[0].driver == "mlx5_core");
  CHECK(functions[1].vendor == "0x1414");
  CHECK(functions[1].driver.empty());
  CHECK(read_pci_address(*root, "enP1s1") == "0001:00:02.0");
  CHECK(read_pci_address(*root, "eth0").empty());
  CHECK(read_pci_address(*root, "lo").empty());
}

TEST_CASE("of two slaves, the one whose driver differs from the master's is the virtual function") {
  NetworkState state;
  state.synthetic_drivers = {"virtio_net"};
  state.links = {{.index = 2, .name = "eth0", .mac = kA, .driver = "virtio_net"},
                 {.index = 3, .name = "standby", .mac = kA, .driver = "virtio_net", .master = 2}};
  const auto check = [&] { return check_acceleration({.state = state}).links; };
  REQUIRE(check().size() == 1);
  CHECK(check()[0].vf == "standby");
  for (const auto where : {state.links.begin(), state.links.end()}) {
    auto with = state;
    with.links.insert(with.links.begin() + (where - state.links.begin()),
                      {.index = 4, .name = "vf", .mac = kA, .driver = "vmxnet3", .master = 2});
    const auto links = check_acceleration({.state = with}).links;
    REQUIRE(links.size() == 1);
    CHECK(links[0].vf == "vf");
  }
}

TEST_CASE("each synthetic link and each fault gets a sentence") {
  NetworkState good;
  good.links = {{.index = 2, .name = "eth0", .mac = kA, .driver = "hv_netvsc"},
                {.index = 3,
                 .name = "vf0",
                 .mac = kA,
                 .driver = "mlx5_core",
                 .master = 2,
                 .up = true,
                 .slave = true}};
  auto alone = good;
  alone.links.pop_back();
  auto loose = good;
  loose.links[1].master.reset();
  auto down = good;
  down.links[1].up = false;
  auto addressed = good;
  addressed.addresses = {{.link = 3, .ip = 0x0A000004, .prefix = 24}};
  auto orphan = good;
  orphan.links.push_back(
      {.index = 4, .name = "vf1", .mac = kB, .driver = "mana", .up = true, .slave = true});
  struct Row {
    const char* what;
    NetworkState state;
    std::vector<PciFunction> functions;
    bool accelerated;
    const char* why;
    std::vector<std::string> faults;
  };
  const std::vector<Row> rows = {
      {"accelerated without a fault",
       good,
       {{"0001:00:02.0", "0x15b3", "mlx5_core"}},
       true,
       "accelerated by vf0: it has received 120 packets and sent 98",
       {}},
      {"no VF", alone, {}, false, "not accelerated: it has no virtual function", {}},
      {"the module is missing",
       alone,
       {{"0001:00:02.0", "0x15b3", ""},
        {"0002:00:02.0", "0x1414", ""},
        {"0003:00:02.0", "0x1", ""}},
       false,
       "not accelerated: it has no virtual function",
       {"the network function at 0001:00:02.0 has no driver: mlx5_core or mlx4_core is missing",
        "the network function at 0002:00:02.0 has no driver: mana is missing",
        "the network function at 0003:00:02.0 has no driver (vendor 0x1)"}},
      {"not enslaved",
       loose,
       {},
       false,
       "not accelerated: the kernel has not enslaved its virtual function vf0",
       {"the kernel has not enslaved the virtual function vf0 to eth0, which has the same MAC: all "
        "traffic takes the slower synthetic path"}},
      {"down",
       down,
       {},
       false,
       "not accelerated: its virtual function vf0 is down",
       {"the virtual function vf0 of eth0 is down"}},
      {"an address on the VF",
       addressed,
       {},
       true,
       "accelerated by vf0: it has received 120 packets and sent 98",
       {"the virtual function vf0 has an address, which should be on eth0: something other than "
        "the kernel configures vf0"}},
      {"a VF without a synthetic link",
       orphan,
       {},
       true,
       "accelerated by vf0: it has received 120 packets and sent 98",
       {"the virtual function vf1 has the MAC 00:0d:3a:00:00:0b, which no synthetic link has"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto report = check_acceleration({.state = row.state,
                                            .functions = row.functions,
                                            .pci = {{3, "0001:00:02.0"}},
                                            .traffic = {{2, {.received = 120, .sent = 98}}}});
    REQUIRE(report.links.size() == 1);
    CHECK(report.links[0].synthetic == 2);
    CHECK(report.links[0].accelerated == row.accelerated);
    CHECK(report.links[0].why == row.why);
    CHECK(report.faults == row.faults);
    if (report.links[0].vf.empty()) continue;
    CHECK(report.links[0].driver == "mlx5_core");
    CHECK(report.links[0].pci == "0001:00:02.0");
  }
}

TEST_CASE("the sentence says if the traffic is unknown or zero") {
  NetworkState state;
  state.links = {{.index = 2, .name = "eth0", .mac = kA, .driver = "hv_netvsc"},
                 {.index = 3, .name = "vf0", .mac = kA, .driver = "mana", .master = 2, .up = true}};
  CHECK(check_acceleration({.state = state}).links[0].why ==
        "accelerated by vf0: its traffic is not known");
  CHECK(check_acceleration({.state = state, .traffic = {{2, {}}}}).links[0].why ==
        "accelerated by vf0: it has carried no packet yet");
}

}  // namespace
}  // namespace azl::net
