#include "net/network_plan.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace azl::net {

namespace {

constexpr std::size_t kRememberedMost = 64;  // NICs with a place, including those that are gone

/// A NIC, and what IMDS lists for it; nullptr: nothing.
struct Candidate {
  Nic nic;
  const ListedInterface* listed = nullptr;
};
using Candidates = std::map<MacAddress, Candidate>;

std::string describe(const Link& link) { return to_string(link.mac) + " (" + link.name + ")"; }

/// Describes why a synthetic or standalone link is not configured; "" if it is.
std::string describe_exclusion(const Link& link) {
  if (link.mac == MacAddress{}) {
    return "the link " + link.name + " has no MAC address, so no file can match it";
  }
  if (link.master) {
    return "the NIC " + describe(link) +
           " is part of another link, so azl-provision does not configure it";
  }
  return {};
}

/// Finds the NICs. Of two links with one MAC it takes the older one: the order of the kernel's list
/// means nothing.
Candidates find_nics(const NetworkFacts& facts, std::vector<std::string>& notes) {
  Candidates nics;
  for (std::size_t i = 0; i < facts.links.size() && i < facts.roles.size(); ++i) {
    const Link& link = facts.links[i];
    if (facts.roles[i] != Role::kSynthetic && facts.roles[i] != Role::kStandalone) continue;
    if (auto why = describe_exclusion(link); !why.empty()) {
      notes.push_back(std::move(why));
      continue;
    }
    const auto [at, is_new] = nics.try_emplace(link.mac, Candidate{.nic = {.link = &link}});
    if (is_new) continue;
    const Link*& used = at->second.nic.link;
    const Link* ignored = &link;
    if (link.index < used->index) std::swap(used, ignored);
    notes.push_back("the links " + used->name + " and " + ignored->name + " have the same MAC " +
                    to_string(link.mac) + ": only " + used->name + " is configured");
  }
  return nics;
}

/// Decides which NIC is the primary: the known one, that of an earlier boot, or the only one.
/// Otherwise sets `undecided` and returns nullopt.
std::optional<MacAddress> decide_primary(const NetworkFacts& facts, const Candidates& nics,
                                         std::string& undecided) {
  if (facts.primary && nics.contains(*facts.primary)) return facts.primary;
  for (const auto& [mac, place] : facts.places) {
    if (place == 0 && nics.contains(mac)) return mac;
  }
  if (nics.size() == 1) return nics.begin()->first;
  undecided = nics.empty() ? "this machine has no NIC to configure"
                           : "it is not known which of the " + std::to_string(nics.size()) +
                                 " NICs leads to Azure, so their files stay as they are";
  return std::nullopt;
}

/// Gives each NIC its place. A new NIC gets the lowest place that is free; the place of a NIC that
/// is gone is not free, since the NIC may come back. The number of such places is limited.
Places decide_places(const MacAddress& primary, const Candidates& nics, const Places& remembered) {
  Places places = {{primary, 0}};
  std::set<int> taken = {0};
  const auto keep = [&](bool present) {
    for (const auto& [mac, place] : remembered) {
      if (place <= 0 || nics.contains(mac) != present || places.contains(mac)) continue;
      if (!present && places.size() >= kRememberedMost) return;
      if (taken.insert(place).second) places.emplace(mac, place);
    }
  };
  keep(true);
  keep(false);
  int next = 1;
  for (const auto& [mac, nic] : nics) {
    if (places.contains(mac)) continue;
    while (taken.contains(next)) ++next;
    taken.insert(next);
    places.emplace(mac, next);
  }
  return places;
}

/// Returns the VF with this MAC, or nullptr.
const Link* find_vf(const NetworkFacts& facts, const MacAddress& mac) {
  for (std::size_t i = 0; i < facts.links.size() && i < facts.roles.size(); ++i) {
    if (facts.roles[i] == Role::kVirtualFunction && facts.links[i].mac == mac) {
      return &facts.links[i];
    }
  }
  return nullptr;
}

/// Notes which NICs get DHCP only, because IMDS lists no address for them.
void note_unlisted(const Candidates& nics, std::vector<std::string>& notes) {
  for (const auto& [mac, candidate] : nics) {
    const auto name = describe(*candidate.nic.link);
    if (candidate.listed == nullptr) {
      notes.push_back("IMDS does not list the NIC " + name + ": it gets DHCP only");
    } else if (candidate.listed->ipv4.empty() && candidate.listed->ipv6.empty()) {
      notes.push_back("IMDS lists no address for the NIC " + name + ": it gets DHCP only");
    }
  }
}

/// Sets Candidate::listed from IMDS's list, and notes what has no counterpart.
void match_listed(const NetworkFacts& facts, Candidates& nics, std::vector<std::string>& notes) {
  if (!facts.listed) {
    if (nics.size() > 1) {
      notes.emplace_back(
          "IMDS has not listed the NICs: all but the primary get DHCP and a metric, but no further "
          "addresses and no routing rules");
    }
    return;
  }
  std::set<MacAddress> seen;
  for (const auto& interface : *facts.listed) {
    if (!seen.insert(interface.mac).second) {
      notes.push_back("IMDS lists the MAC " + to_string(interface.mac) +
                      " more than once: only the first entry is used");
      continue;
    }
    if (const auto nic = nics.find(interface.mac); nic != nics.end()) {
      nic->second.listed = &interface;
      continue;
    }
    const Link* vf = find_vf(facts, interface.mac);
    notes.push_back("IMDS lists the NIC " + to_string(interface.mac) +
                    ", which this machine does not have" +
                    (vf != nullptr ? ": it has only the virtual function " + vf->name : ""));
  }
  note_unlisted(nics, notes);
}

/// Decides which of the listed addresses a NIC gets. Leaves out an address that another NIC has:
/// there would be two rules for one source address. `seen` holds the addresses of all NICs so far.
std::vector<const ListedAddress*> decide_addresses(const Nic& nic,
                                                   const std::vector<ListedAddress>& listed,
                                                   const NetworkOptions& options,
                                                   std::set<std::string_view>& seen,
                                                   std::vector<std::string>& notes) {
  std::vector<const ListedAddress*> chosen;
  for (const auto& address : listed) {
    if (!seen.insert(address.text).second) {
      notes.push_back("IMDS lists the address " + address.text +
                      " more than once: it is not given to the NIC " + describe(*nic.link));
      continue;
    }
    if (chosen.empty() || options.secondary_addresses) chosen.push_back(&address);
  }
  return chosen;
}

bool is_managed(const Nic& nic, const NetworkOptions& options) {
  switch (options.manage) {
    case NetworkOptions::Manage::kNone:
      return false;
    case NetworkOptions::Manage::kPrimary:
      return nic.primary();
    case NetworkOptions::Manage::kAll:
      return true;
  }
  return true;
}

}  // namespace

NetworkPlan plan_network(const NetworkFacts& facts, const NetworkOptions& options) {
  NetworkPlan plan;
  auto nics = find_nics(facts, plan.notes);
  plan.nics = nics.size();
  const auto primary = decide_primary(facts, nics, plan.undecided);
  match_listed(facts, nics, plan.notes);
  if (!primary) {
    plan.places = facts.places;
    return plan;
  }
  plan.places = decide_places(*primary, nics, facts.places);
  std::vector<Candidate*> by_place;
  for (auto& [mac, candidate] : nics) {
    candidate.nic.place = plan.places.at(mac);
    by_place.push_back(&candidate);
  }
  std::ranges::sort(by_place, {}, [](const Candidate* each) { return each->nic.place; });
  std::set<std::string_view> seen;
  for (Candidate* candidate : by_place) {
    Nic& nic = candidate->nic;
    if (candidate->listed != nullptr) {
      nic.ipv4 = decide_addresses(nic, candidate->listed->ipv4, options, seen, plan.notes);
      nic.ipv6 = decide_addresses(nic, candidate->listed->ipv6, options, seen, plan.notes);
    }
    if (is_managed(nic, options) && needs_network_file(nic, options))
      plan.files.push_back(render_network_file(nic, options));
  }
  return plan;
}

}  // namespace azl::net
