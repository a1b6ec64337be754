#include "net/primary.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "net/link_role.h"

namespace azl::net {

namespace {

constexpr std::uint32_t kImds = 0xA9FEA9FE;        // 169.254.169.254
constexpr std::uint32_t kWireServer = 0xA83F8110;  // 168.63.129.16

bool is_link_local(std::uint32_t ip) { return (ip >> 16U) == 0xA9FE; }  // 169.254/16

bool can_bring_dhcp(Role role) { return role == Role::kSynthetic || role == Role::kStandalone; }

/// Whether the primary may be this link. Role::kOther counts too: a bridge or a bond that the user
/// made carries the lease in place of the NICs below it.
bool may_be_primary(const Link& link, Role role) {
  return role != Role::kVirtualFunction && role != Role::kInfiniband && link.type != kLoopbackType;
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

/// The routes that count, with the roles of their links.
class Search {
 public:
  explicit Search(const NetworkState& state)
      : state_(state), roles_(roles(state.links, state.synthetic_drivers)) {}

  /// Returns the route with the smallest metric for which `fits` is true, or nullptr.
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
    return std::ranges::count_if(roles_, can_bring_dhcp) == 1 &&
           can_bring_dhcp(role(*find_link(state_.links, route.link)));
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

}  // namespace

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

std::size_t count_dhcp_links(std::span<const Link> links,
                             const SyntheticDrivers& synthetic_drivers) {
  return static_cast<std::size_t>(
      std::ranges::count_if(roles(links, synthetic_drivers), can_bring_dhcp));
}

}  // namespace azl::net
