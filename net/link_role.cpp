#include "net/link_role.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace azl::net {

namespace {

constexpr std::string_view kSyntheticDriver = "hv_netvsc";

/// Whether Azure pairs the links of this driver with synthetic ones.
bool has_vf_driver(const Link& link) {
  return link.driver == "mana" || link.driver == "mlx5_core" || link.driver == "mlx4_core" ||
         link.driver == "mlx4_en";
}

bool is_synthetic(const Link& link, const SyntheticDrivers& synthetic_drivers) {
  if (link.type != kEthernetType || link.driver.empty()) return false;
  return link.driver == kSyntheticDriver ||
         std::ranges::find(synthetic_drivers, link.driver) != synthetic_drivers.end();
}

const Link* find_synthetic(std::span<const Link> links, const MacAddress& mac,
                           const SyntheticDrivers& synthetic_drivers) {
  if (mac == MacAddress{}) return nullptr;
  const auto found = std::ranges::find_if(links, [&](const Link& link) {
    return link.mac == mac && is_synthetic(link, synthetic_drivers);
  });
  return found == links.end() ? nullptr : &*found;
}

/// A role, and the sentence that explains it.
struct Decision {
  Role role;
  std::string why;
};

Decision decide_by_type(const Link& link) {
  if (link.type == kInfinibandType) {
    return {Role::kInfiniband, "it is an InfiniBand link, which is left alone"};
  }
  if (link.type == kLoopbackType) return {Role::kOther, "it is a loopback link"};
  return {Role::kOther, "its type is " + std::to_string(link.type) + ", not Ethernet"};
}

Decision virtual_function(std::string why) { return {Role::kVirtualFunction, std::move(why)}; }

/// For an Ethernet link that has a driver and is not synthetic.
Decision decide_hardware(std::span<const Link> links, const Link& link,
                         const SyntheticDrivers& synthetic_drivers) {
  if (const Link* twin = find_synthetic(links, link.mac, synthetic_drivers)) {
    return virtual_function("it shares the MAC " + to_string(link.mac) +
                            " with the synthetic link " + twin->name);
  }
  // A bond that the user made sets IFF_SLAVE too, but then the master is among the links.
  const bool has_master = link.master && find_link(links, *link.master) != nullptr;
  if (link.slave && has_vf_driver(link) && !has_master) {
    return virtual_function("the kernel marks it as a slave and its driver is " + link.driver);
  }
  return {Role::kStandalone,
          "its driver is " + link.driver + " and no synthetic link shares its MAC"};
}

Decision decide_synthetic(const Link& link) {
  if (link.driver == kSyntheticDriver) return {Role::kSynthetic, "its driver is hv_netvsc"};
  return {Role::kSynthetic,
          "its driver is " + link.driver + ", which [Network] SyntheticDrivers= lists"};
}

Decision decide_role(std::span<const Link> links, const Link& link,
                     const SyntheticDrivers& synthetic_drivers) {
  if (link.type != kEthernetType) return decide_by_type(link);
  // The master is checked before the driver: with net_failover, one of the slaves has the same
  // driver as the master.
  const Link* master = link.master ? find_link(links, *link.master) : nullptr;
  if (master != nullptr && is_synthetic(*master, synthetic_drivers)) {
    return virtual_function("the synthetic link " + master->name + " is its master");
  }
  if (is_synthetic(link, synthetic_drivers)) return decide_synthetic(link);
  if (link.driver.empty()) return {Role::kOther, "it has no driver: it is a virtual link"};
  return decide_hardware(links, link, synthetic_drivers);
}

}  // namespace

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

std::vector<Role> roles(std::span<const Link> links, const SyntheticDrivers& synthetic_drivers) {
  std::vector<Role> result;
  result.reserve(links.size());
  for (const Link& link : links) result.push_back(decide_role(links, link, synthetic_drivers).role);
  return result;
}

std::string describe_role(std::span<const Link> links, std::size_t which,
                          const SyntheticDrivers& synthetic_drivers) {
  return decide_role(links, links[which], synthetic_drivers).why;
}

Result<Role> read_role(const Root& root, std::string_view name,
                       const SyntheticDrivers& synthetic_drivers) {
  const auto links = OR_RETURN(read_sysfs_links(root));
  const auto found = std::ranges::find(links, name, &Link::name);
  if (found == links.end()) {
    return fail(Reason::kInvalidInput, "there is no network link '" + printable(name) + "'");
  }
  return decide_role(links, *found, synthetic_drivers).role;
}

}  // namespace azl::net
