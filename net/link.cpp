#include "net/link.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"

namespace azl::net {

namespace {

constexpr int kEthernet = 1;     // ARPHRD_ETHER
constexpr int kInfiniband = 32;  // ARPHRD_INFINIBAND
constexpr int kLoopback = 772;   // ARPHRD_LOOPBACK
constexpr std::string_view kSyntheticDriver = "hv_netvsc";

constexpr std::uint32_t kImds = 0xA9FEA9FE;        // 169.254.169.254
constexpr std::uint32_t kWireServer = 0xA83F8110;  // 168.63.129.16

/// The drivers whose links Azure pairs with a synthetic one.
bool has_vf_driver(const Link& link) {
  return link.driver == "mana" || link.driver == "mlx5_core" || link.driver == "mlx4_core" ||
         link.driver == "mlx4_en";
}

bool is_synthetic(const Link& link, const SyntheticDrivers& more) {
  if (link.type != kEthernet || link.driver.empty()) return false;
  return link.driver == kSyntheticDriver || std::ranges::find(more, link.driver) != more.end();
}

const Link* find_link(std::span<const Link> links, int index) {
  const auto found = std::ranges::find(links, index, &Link::index);
  return found == links.end() ? nullptr : &*found;
}

const Link* synthetic_of_mac(std::span<const Link> links, const MacAddress& mac,
                             const SyntheticDrivers& more) {
  if (mac == MacAddress{}) return nullptr;
  const auto found = std::ranges::find_if(
      links, [&](const Link& link) { return link.mac == mac && is_synthetic(link, more); });
  return found == links.end() ? nullptr : &*found;
}

/// A role, and the sentence that explains it.
struct Verdict {
  Role role;
  std::string why;
};

Verdict judge_by_type(const Link& link) {
  if (link.type == kInfiniband) {
    return {Role::kInfiniband, "it is an InfiniBand link, which is left alone"};
  }
  if (link.type == kLoopback) return {Role::kOther, "it is a loopback link"};
  return {Role::kOther, "its type is " + std::to_string(link.type) + ", not Ethernet"};
}

Verdict virtual_function(std::string why) { return {Role::kVirtualFunction, std::move(why)}; }

/// A link with hardware of its own that is no synthetic one.
Verdict judge_physical(std::span<const Link> links, const Link& link,
                       const SyntheticDrivers& more) {
  if (const Link* twin = synthetic_of_mac(links, link.mac, more)) {
    return virtual_function("it shares the MAC " + to_string(link.mac) +
                            " with the synthetic link " + twin->name);
  }
  // A bond of the user's sets IFF_SLAVE too, but its master is there to be seen.
  const bool master_seen = link.master && find_link(links, *link.master) != nullptr;
  if (link.slave && has_vf_driver(link) && !master_seen) {
    return virtual_function("the kernel marks it as a slave and its driver is " + link.driver);
  }
  return {Role::kStandalone,
          "its driver is " + link.driver + " and no synthetic link shares its MAC"};
}

Verdict judge_synthetic(const Link& link) {
  if (link.driver == kSyntheticDriver) return {Role::kSynthetic, "its driver is hv_netvsc"};
  return {Role::kSynthetic,
          "its driver is " + link.driver + ", which [Network] SyntheticDrivers= lists"};
}

Verdict judge(std::span<const Link> links, const Link& link, const SyntheticDrivers& more) {
  if (link.type != kEthernet) return judge_by_type(link);
  // Before its own driver: net_failover has a master and a slave of one driver.
  const Link* master = link.master ? find_link(links, *link.master) : nullptr;
  if (master != nullptr && is_synthetic(*master, more)) {
    return virtual_function("the synthetic link " + master->name + " is its master");
  }
  if (is_synthetic(link, more)) return judge_synthetic(link);
  if (link.driver.empty()) return {Role::kOther, "it has no driver: it is a virtual link"};
  return judge_physical(links, link, more);
}

bool is_link_local(std::uint32_t ip) { return (ip >> 16U) == 0xA9FE; }  // 169.254/16

bool can_bring_dhcp(Role role) { return role == Role::kSynthetic || role == Role::kStandalone; }

/// Whether the primary may be on this link at all: a bridge or a bond of the user's may carry the
/// lease instead of the NICs below it.
bool may_be_primary(const Link& link, Role role) {
  return role != Role::kVirtualFunction && role != Role::kInfiniband && link.type != kLoopback;
}

bool has_link_local_addresses_only(const NetworkState& state, int link) {
  bool any = false;
  for (const Address& address : state.addresses) {
    if (address.link != link) continue;
    if (!is_link_local(address.ip)) return false;
    any = true;
  }
  return any;
}

bool is_host_route(const Route& route, std::uint32_t to) {
  return route.dhcp && route.prefix == 32 && route.to == to;
}

/// The routes that may count, and the roles of the links they leave by.
class Search {
 public:
  explicit Search(const NetworkState& state)
      : state_(state), roles_(roles(state.links, state.synthetic_drivers)) {}

  /// The best route that fits; null when none does.
  template <class Predicate>
  [[nodiscard]] const Route* best(Predicate fits) const {
    const Route* best = nullptr;
    for (const Route& route : state_.routes) {
      if (!fits(route) || !counts(route)) continue;
      if (best == nullptr || route.metric < best->metric) best = &route;
    }
    return best;
  }

  [[nodiscard]] std::string name(const Route& route) const {
    return find_link(state_.links, route.link)->name;
  }
  [[nodiscard]] bool is_sole_dhcp_link(const Route& route) const {
    const Link* link = find_link(state_.links, route.link);
    return count_dhcp_links(state_.links, state_.synthetic_drivers) == 1 &&
           can_bring_dhcp(role(*link));
  }

 private:
  [[nodiscard]] bool counts(const Route& route) const {
    const Link* link = find_link(state_.links, route.link);
    return link != nullptr && may_be_primary(*link, role(*link)) && !is_link_local(route.source) &&
           !has_link_local_addresses_only(state_, route.link);
  }
  [[nodiscard]] Role role(const Link& link) const {
    return roles_[static_cast<std::size_t>(&link - state_.links.data())];
  }

  const NetworkState& state_;
  std::vector<Role> roles_;
};

std::string file_text(const Root& root, const std::string& path) {
  constexpr std::size_t kLimit = 4096;  // a sysfs attribute is at most a page
  // A link that goes away, or an attribute that it does not have, reads as nothing.
  return std::string(trim(root.read(path, kLimit).value_or("")));
}

/// A number as sysfs writes it: "2", "0x1003".
std::optional<unsigned> parse_number(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
}

std::optional<int> sysfs_index(const Root& root, const std::string& directory) {
  const auto index = parse_number(file_text(root, directory + "/ifindex"));
  if (!index || *index == 0 || *index > 0x7FFFFFFF) return std::nullopt;
  return static_cast<int>(*index);
}

std::optional<Link> read_sysfs_link(const Root& root, const std::string& name) {
  constexpr unsigned kUp = 0x1;
  constexpr unsigned kSlave = 0x800;
  const std::string directory = "/sys/class/net/" + name;
  const auto index = sysfs_index(root, directory);
  const auto type = parse_number(file_text(root, directory + "/type"));
  if (!index || !type) return std::nullopt;
  const unsigned flags = parse_number(file_text(root, directory + "/flags")).value_or(0);
  Link link{.index = *index, .name = name, .type = static_cast<int>(*type)};
  link.mac = parse_mac(file_text(root, directory + "/address")).value_or(MacAddress{});
  link.driver = base_name(root.link_target(directory + "/device/driver").value_or(""));
  if (root.link_target(directory + "/master"))
    link.master = sysfs_index(root, directory + "/master");
  link.up = (flags & kUp) != 0;
  link.slave = (flags & kSlave) != 0;
  // Unlike the netlink flag, this attribute can't be read while the link is down (EINVAL).
  link.carrier = file_text(root, directory + "/carrier") == "1";
  return link;
}

}  // namespace

std::string to_string(const MacAddress& mac) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : mac) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac{};
  if (text.size() != mac.size() * 3 - 1) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* digits = text.data() + i * 3;
    if (std::from_chars(digits, digits + 2, mac[i], 16).ptr != digits + 2) return std::nullopt;
    if (i + 1 < mac.size() && digits[2] != ':') return std::nullopt;
  }
  return mac;
}

bool is_driver_name(std::string_view name) {
  constexpr std::size_t kMost = 64;
  return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_');
  });
}

bool is_link_name(std::string_view name) {
  constexpr std::size_t kMost = 15;  // IFNAMSIZ with its NUL is 16
  return !name.empty() && name.size() <= kMost && name != "." && name != ".." &&
         std::ranges::none_of(name, [](unsigned char c) {
           return c == '/' || c == ':' || c == '\0' || std::isspace(c) != 0;
         });
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kSynthetic:
      return "synthetic";
    case Role::kVirtualFunction:
      return "vf";
    case Role::kStandalone:
      return "standalone";
    case Role::kInfiniband:
      return "infiniband";
    case Role::kOther:
      break;
  }
  return "other";
}

std::vector<Role> roles(std::span<const Link> links, const SyntheticDrivers& more) {
  std::vector<Role> result;
  result.reserve(links.size());
  for (const Link& link : links) result.push_back(judge(links, link, more).role);
  return result;
}

std::string role_reason(std::span<const Link> links, std::size_t which,
                        const SyntheticDrivers& more) {
  return judge(links, links[which], more).why;
}

Result<std::vector<Link>> read_sysfs_links(const Root& root) {
  auto names = root.list("/sys/class/net");
  if (!names) return fail(std::move(names.error()), "listing the network links");
  std::vector<Link> links;
  for (const std::string& name : *names) {
    // Not every name is a link: "bonding_masters" is a file.
    if (auto link = read_sysfs_link(root, name)) links.push_back(std::move(*link));
  }
  return links;
}

Result<Role> role_of(const Root& root, std::string_view name, const SyntheticDrivers& more) {
  const auto links = read_sysfs_links(root);
  if (!links) return fail(Error(links.error()));
  const auto found = std::ranges::find(*links, name, &Link::name);
  if (found == links->end()) {
    return fail(Reason::kInvalidInput, "there is no network link '" + printable(name) + "'");
  }
  return roles(*links, more)[static_cast<std::size_t>(found - links->begin())];
}

std::size_t count_dhcp_links(std::span<const Link> links, const SyntheticDrivers& more) {
  return static_cast<std::size_t>(std::ranges::count_if(roles(links, more), can_bring_dhcp));
}

std::optional<Primary> find_primary(const NetworkState& state) {
  const Search search(state);
  if (const Route* route =
          search.best([](const Route& each) { return is_host_route(each, kImds); })) {
    return Primary{route->link, true, search.name(*route) + " has a DHCP route to IMDS"};
  }
  if (const Route* route =
          search.best([](const Route& each) { return is_host_route(each, kWireServer); })) {
    return Primary{route->link, search.is_sole_dhcp_link(*route),
                   search.name(*route) + " has a DHCP route to the WireServer"};
  }
  if (const Route* route =
          search.best([](const Route& each) { return each.dhcp && each.prefix == 0; })) {
    const bool sole = search.is_sole_dhcp_link(*route);
    return Primary{route->link, sole,
                   search.name(*route) + " has a DHCP default route" +
                       (sole ? ", and no other link could bring a lease"
                             : ", but none to IMDS or the WireServer")};
  }
  if (const Route* route = search.best([](const Route& each) { return each.prefix == 0; })) {
    return Primary{route->link, false,
                   search.name(*route) + " has a default route that is not from DHCP"};
  }
  return std::nullopt;
}

}  // namespace azl::net
