#include "net/acceleration.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include <linux/ethtool.h>

#include "base/sysfs.h"
#include "base/text.h"
#include "net/ethtool.h"
#include "net/link_role.h"

namespace azl::net {

namespace {

constexpr std::size_t kNameSize = ETH_GSTRING_LEN;
constexpr std::size_t kMostStatistics = 1 << 16;  // hv_netvsc has several per queue and processor
constexpr std::size_t kSpareStatistics = 4096;    // for a VF or queues that are added meanwhile

/// Calls ethtool with a request whose answer, of `size` bytes, follows its header. Returns the
/// answer, with zeros where the kernel wrote nothing, or no bytes if the call failed.
template <class Header>
std::vector<std::byte> read_answer(const std::string& link, const Header& header,
                                   std::size_t size) {
  std::vector<std::byte> buffer(sizeof header + size);
  std::memcpy(buffer.data(), &header, sizeof header);
  if (!call_ethtool(link, buffer.data())) return {};
  buffer.erase(buffer.begin(), buffer.begin() + sizeof header);
  return buffer;
}

/// Returns how many statistics the link has. Returns 0 if there are none or implausibly many, or if
/// the call failed.
std::size_t count_statistics(const std::string& link) {
  ethtool_sset_info request{};
  request.cmd = ETHTOOL_GSSET_INFO;
  request.sset_mask = 1ULL << ETH_SS_STATS;
  std::uint32_t count = 0;
  const auto answer = read_answer(link, request, sizeof count);
  if (answer.size() < sizeof count) return 0;
  std::memcpy(&count, answer.data(), sizeof count);
  return count <= kMostStatistics ? count : 0;
}

std::string_view name_at(std::span<const std::byte> names, std::size_t index) {
  const auto* text = reinterpret_cast<const char*>(names.data()) + index * kNameSize;
  return {text, strnlen(text, kNameSize)};
}

/// Finds the VF of a synthetic link by its master, or else by its MAC. Returns nullptr if there is
/// none.
const Link* find_vf(const NetworkState& state, const std::vector<Role>& roles,
                    const Link& synthetic) {
  const Link* same_mac = nullptr;
  const Link* slave = nullptr;
  for (std::size_t i = 0; i < state.links.size(); ++i) {
    const Link& link = state.links[i];
    if (roles[i] != Role::kVirtualFunction) continue;
    if (link.master == synthetic.index) {
      // With net_failover, the slave that has its master's driver is the slower path.
      if (link.driver != synthetic.driver) return &link;
      slave = &link;
    }
    if (link.mac == synthetic.mac) same_mac = &link;
  }
  return slave != nullptr ? slave : same_mac;
}

bool has_address(const NetworkState& state, int link) {
  const auto on_link = [&](const auto& address) { return address.link == link; };
  return std::ranges::any_of(state.addresses, on_link) ||
         std::ranges::any_of(state.ipv6_addresses, on_link);
}

template <class Value>
std::optional<Value> find_value(const std::map<int, Value>& values, int link) {
  const auto found = values.find(link);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::string describe_traffic(const std::optional<VfTraffic>& traffic) {
  if (!traffic) return "its traffic is not known";
  if (traffic->received + traffic->sent == 0) return "it has carried no packet yet";
  return "it has received " + std::to_string(traffic->received) + " packets and sent " +
         std::to_string(traffic->sent);
}

Acceleration check_link(const AccelerationFacts& facts, const Link& synthetic, const Link* vf,
                        std::vector<std::string>& faults) {
  Acceleration result{.synthetic = synthetic.index};
  if (vf == nullptr) {
    result.why = "not accelerated: it has no virtual function";
    return result;
  }
  result.vf = vf->name;
  result.driver = vf->driver;
  result.pci = find_value(facts.pci, vf->index).value_or("");
  result.enslaved = vf->master == synthetic.index;
  result.traffic = find_value(facts.traffic, synthetic.index);
  if (has_address(facts.state, vf->index)) {
    faults.push_back("the virtual function " + vf->name + " has an address, which should be on " +
                     synthetic.name + ": something other than the kernel configures " + vf->name);
  }
  if (!result.enslaved) {
    result.why = "not accelerated: the kernel has not enslaved its virtual function " + vf->name;
    faults.push_back("the kernel has not enslaved the virtual function " + vf->name + " to " +
                     synthetic.name +
                     ", which has the same MAC: all traffic takes the slower synthetic path");
    return result;
  }
  result.accelerated = vf->up;
  result.why = vf->up ? "accelerated by " + vf->name + ": " + describe_traffic(result.traffic)
                      : "not accelerated: its virtual function " + vf->name + " is down";
  if (!vf->up) {
    faults.push_back("the virtual function " + vf->name + " of " + synthetic.name + " is down");
  }
  return result;
}

std::string describe_missing_driver(const PciFunction& function) {
  const std::string what = "the network function at " + function.address + " has no driver";
  if (function.vendor == "0x15b3") return what + ": mlx5_core or mlx4_core is missing";
  if (function.vendor == "0x1414") return what + ": mana is missing";
  return what + " (vendor " + printable(function.vendor) + ")";
}

}  // namespace

std::optional<VfTraffic> parse_vf_traffic(std::span<const std::byte> names,
                                          std::span<const std::uint64_t> values) {
  std::optional<std::uint64_t> received;
  std::optional<std::uint64_t> sent;
  const std::size_t count = std::min(names.size() / kNameSize, values.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (name_at(names, i) == "vf_rx_packets") received = values[i];
    if (name_at(names, i) == "vf_tx_packets") sent = values[i];
  }
  if (!received || !sent) return std::nullopt;
  return VfTraffic{.received = *received, .sent = *sent};
}

std::optional<VfTraffic> read_vf_traffic(const std::string& link) {
  const std::size_t count = count_statistics(link);
  if (count == 0) return std::nullopt;
  // The kernel writes as many as there are now, whatever number is requested.
  const std::size_t room = count + kSpareStatistics;
  ethtool_gstrings names_wanted{};
  names_wanted.cmd = ETHTOOL_GSTRINGS;
  names_wanted.string_set = ETH_SS_STATS;
  names_wanted.len = static_cast<std::uint32_t>(count);
  const auto names = read_answer(link, names_wanted, room * kNameSize);
  ethtool_stats values_wanted{};
  values_wanted.cmd = ETHTOOL_GSTATS;
  values_wanted.n_stats = static_cast<std::uint32_t>(count);
  const auto bytes = read_answer(link, values_wanted, room * sizeof(std::uint64_t));
  std::vector<std::uint64_t> values(bytes.size() / sizeof(std::uint64_t));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(std::uint64_t));
  return parse_vf_traffic(names, values);
}

std::vector<PciFunction> read_network_functions(const Root& root) {
  constexpr std::string_view kNetworkClass = "0x02";
  const std::string directory = "/sys/bus/pci/devices/";
  std::vector<PciFunction> functions;
  for (const auto& address : root.list(directory).value_or(std::vector<std::string>())) {
    const auto path = directory + address;
    if (!read_attribute(root, path + "/class").starts_with(kNetworkClass)) continue;
    functions.push_back({.address = address,
                         .vendor = read_attribute(root, path + "/vendor"),
                         .driver = read_link_name(root, path + "/driver")});
  }
  return functions;
}

std::string read_pci_address(const Root& root, const std::string& link) {
  const auto name = read_link_name(root, "/sys/class/net/" + link + "/device");
  // "0001:00:02.0". The devices of other buses have other names.
  return std::ranges::count(name, ':') == 2 && name.find('.') != std::string::npos ? name
                                                                                   : std::string();
}

AccelerationReport check_acceleration(const AccelerationFacts& facts) {
  AccelerationReport report;
  const auto& links = facts.state.links;
  const auto roles = net::roles(links, facts.state.synthetic_drivers);
  std::vector<const Link*> claimed;
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (roles[i] != Role::kSynthetic) continue;
    const Link* vf = find_vf(facts.state, roles, links[i]);
    report.links.push_back(check_link(facts, links[i], vf, report.faults));
    if (vf != nullptr) claimed.push_back(vf);
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    const bool orphan = roles[i] == Role::kVirtualFunction &&
                        std::ranges::find(claimed, &links[i]) == claimed.end();
    if (!orphan) continue;
    report.faults.push_back("the virtual function " + links[i].name + " has the MAC " +
                            to_string(links[i].mac) + ", which no synthetic link has");
  }
  for (const auto& function : facts.functions) {
    if (function.driver.empty()) report.faults.push_back(describe_missing_driver(function));
  }
  return report;
}

}  // namespace azl::net
