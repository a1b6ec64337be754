#include "net/network_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"

namespace azl::net {

namespace {

constexpr std::string_view kHeader = "# Written by azl-provision";
constexpr std::string_view kPrefix = "50-azl-provision-";
constexpr std::string_view kSuffix = ".network";
constexpr int kRulePriority = 10000;         // before the kernel's main table, 32766
constexpr std::size_t kRememberedMost = 64;  // NICs with a place, those that are gone included

/// A link that is to be configured, and what is known of it.
struct Nic {
  const Link* link;
  int place = 0;
  const ListedInterface* listed = nullptr;      ///< null: IMDS does not list it
  std::vector<const ListedAddress*> ipv4 = {};  ///< those that are ours to configure
  std::vector<const ListedAddress*> ipv6 = {};

  [[nodiscard]] bool primary() const { return place == 0; }
};

std::string named(const Link& link) { return to_string(link.mac) + " (" + link.name + ")"; }

std::string count(std::size_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "es");
}

/// Why a link that could be a NIC of ours is left alone, as a sentence; empty where it isn't.
std::string why_left(const Link& link) {
  if (link.mac == MacAddress{}) {
    return "the link " + link.name + " has no MAC address, by which a file could match it";
  }
  if (link.master) {
    return "the NIC " + named(link) +
           " is part of another link, so it is left to whoever made that";
  }
  return {};
}

/// The NICs by MAC: the order of the kernel's list means nothing.
std::map<MacAddress, Nic> find_nics(const NetworkFacts& facts, std::vector<std::string>& notes) {
  std::map<MacAddress, Nic> nics;
  for (std::size_t i = 0; i < facts.links.size() && i < facts.roles.size(); ++i) {
    const Link& link = facts.links[i];
    if (facts.roles[i] != Role::kSynthetic && facts.roles[i] != Role::kStandalone) continue;
    if (auto why = why_left(link); !why.empty()) {
      notes.push_back(std::move(why));
      continue;
    }
    const auto [at, is_new] = nics.try_emplace(link.mac, Nic{.link = &link});
    if (is_new) continue;
    const bool earlier = at->second.link->index < link.index;
    const Link& other = earlier ? link : *at->second.link;
    if (!earlier) at->second.link = &link;
    notes.push_back("the links " + at->second.link->name + " and " + other.name +
                    " have the same MAC " + to_string(link.mac) + ": the first one counts");
  }
  return nics;
}

/// What is known of the primary, if that is enough; else `undecided` says why not.
std::optional<MacAddress> choose_primary(const NetworkFacts& facts,
                                         const std::map<MacAddress, Nic>& nics,
                                         std::string& undecided) {
  if (facts.primary && nics.contains(*facts.primary)) return facts.primary;
  for (const auto& [mac, place] : facts.places) {
    if (place == 0 && nics.contains(mac)) return mac;
  }
  if (nics.size() == 1) return nics.begin()->first;
  undecided = nics.empty()
                  ? "no link of this machine is a NIC to configure"
                  : "which of the " + std::to_string(nics.size()) +
                        " NICs leads to Azure is not known, so their files stay as they are";
  return std::nullopt;
}

/// Gives each NIC its place. One that has none yet gets the lowest that nobody has, so that a NIC
/// which comes back finds its own; of NICs that are gone a limited number is remembered.
Places decide_places(const MacAddress& primary, const std::map<MacAddress, Nic>& nics,
                     const Places& remembered) {
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

/// Which VF has this MAC; null: none.
const Link* find_vf(const NetworkFacts& facts, const MacAddress& mac) {
  for (std::size_t i = 0; i < facts.links.size() && i < facts.roles.size(); ++i) {
    if (facts.roles[i] == Role::kVirtualFunction && facts.links[i].mac == mac) {
      return &facts.links[i];
    }
  }
  return nullptr;
}

/// Joins the NICs with what IMDS lists of them; what has no counterpart is told.
void match_listed(const NetworkFacts& facts, std::map<MacAddress, Nic>& nics,
                  std::vector<std::string>& notes) {
  if (!facts.listed) {
    if (nics.size() > 1) {
      notes.emplace_back(
          "IMDS has not listed the NICs: those beside the primary have DHCP and a metric of their "
          "own, but no further addresses and no routing rules");
    }
    return;
  }
  std::set<MacAddress> seen;
  for (const auto& interface : *facts.listed) {
    if (!seen.insert(interface.mac).second) {
      notes.push_back("IMDS lists the MAC " + to_string(interface.mac) +
                      " more than once: the first entry counts");
      continue;
    }
    if (const auto nic = nics.find(interface.mac); nic != nics.end()) {
      nic->second.listed = &interface;
      continue;
    }
    const Link* vf = find_vf(facts, interface.mac);
    notes.push_back("IMDS lists the NIC " + to_string(interface.mac) +
                    ", which this machine does not have" +
                    (vf != nullptr ? ": only its virtual function " + vf->name + " is here" : ""));
  }
  for (const auto& [mac, nic] : nics) {
    if (nic.listed == nullptr) {
      notes.push_back("the NIC " + named(*nic.link) + " is not in IMDS's list: it has DHCP only");
    } else if (nic.listed->ipv4.empty() && nic.listed->ipv6.empty()) {
      notes.push_back("IMDS lists no address for the NIC " + named(*nic.link) +
                      ": it has DHCP only");
    }
  }
}

/// The addresses of one family that are this NIC's to configure. One that another NIC has already
/// would make two rules of one source address.
std::vector<const ListedAddress*> choose_addresses(const Nic& nic,
                                                   const std::vector<ListedAddress>& listed,
                                                   const NetworkOptions& options,
                                                   std::set<std::string_view>& seen,
                                                   std::vector<std::string>& notes) {
  std::vector<const ListedAddress*> chosen;
  for (const auto& address : listed) {
    if (!seen.insert(address.text).second) {
      notes.push_back("IMDS lists the address " + address.text +
                      " more than once: it is left out for the NIC " + named(*nic.link));
      continue;
    }
    if (chosen.empty() || options.secondary_addresses) chosen.push_back(&address);
  }
  return chosen;
}

/// A file in the making.
class Text {
 public:
  void section(std::string_view name) {
    text_ += "\n[";
    text_ += name;
    text_ += "]\n";
  }
  void line(std::string_view line) {
    text_ += line;
    text_ += '\n';
  }
  void set(std::string_view key, std::string_view value) {
    text_ += key;
    text_ += '=';
    line(value);
  }
  void set(std::string_view key, int value) { set(key, std::to_string(value)); }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

/// What networkd's Driver= is compared with is the driver by its ethtool name, which is sysfs's in
/// all cases but one.
std::string_view driver_match(std::string_view driver) {
  return driver == "mlx4_core" ? "mlx4_core mlx4_en" : driver;
}

bool has_own_table(const Nic& nic, const std::vector<const ListedAddress*>& addresses,
                   const NetworkOptions& options) {
  // Without an address there is no rule, and nothing would ever look into the table.
  return options.policy_routing && !nic.primary() && !addresses.empty();
}

/// Metric, table and DNS: what DHCPv4 and the routers' advertisements have in common.
void put_routing(Text& text, const Nic& nic, bool own_table, const NetworkOptions& options) {
  text.set("RouteMetric", metric_of(nic.place));
  if (own_table) text.set("RouteTable", metric_of(nic.place));
  const char* dns = nic.primary() && options.use_dns ? "yes" : "no";
  text.set("UseDNS", dns);
  // The domains belong to those servers: searched from a NIC without servers, they would send the
  // bare names of one virtual network to the DNS of another.
  text.set("UseDomains", dns);
}

void put_dhcp(Text& text, const Nic& nic, const NetworkOptions& options) {
  text.section("DHCPv4");
  put_routing(text, nic, has_own_table(nic, nic.ipv4, options), options);
  text.set("SendHostname", "yes");
  text.set("ClientIdentifier", "mac");
  if (nic.primary()) {
    text.set("RequestOptions", 245);
    text.set("RoutesToDNS", "no");  // as in the default file
  }
  // DHCPv6 brings addresses, but no route: those come by router advertisement, and so does what
  // starts DHCPv6.
  text.section("IPv6AcceptRA");
  put_routing(text, nic, has_own_table(nic, nic.ipv6, options), options);
  if (nic.primary() && options.use_dns) return;
  text.section("DHCPv6");
  text.set("UseDNS", "no");
  text.set("UseDomains", "no");
}

/// The addresses that DHCP does not bring. Their prefix routes would be in the main table, beside
/// what DHCP says of the same subnet.
void put_addresses(Text& text, const std::vector<const ListedAddress*>& addresses) {
  for (std::size_t i = 1; i < addresses.size(); ++i) {
    text.section("Address");
    text.set("Address", addresses[i]->text + "/" + std::to_string(addresses[i]->prefix));
    text.set("AddPrefixRoute", "no");
  }
}

/// What leaves from these addresses goes by this NIC, so that a reply takes the way on which the
/// question came.
void put_rules(Text& text, const Nic& nic, const std::vector<const ListedAddress*>& addresses,
               const NetworkOptions& options) {
  if (!has_own_table(nic, addresses, options)) return;
  for (const auto* address : addresses) {
    text.section("RoutingPolicyRule");
    text.set("From", address->text);
    text.set("Table", metric_of(nic.place));
    text.set("Priority", kRulePriority);
  }
}

std::string render(const Nic& nic, const NetworkOptions& options) {
  Text text;
  text.line(std::string(kHeader) +
            " for one NIC of this VM, and written anew when it changes: see");
  text.line(
      "# [Network] in azl-provision.conf(5). A file of yours whose name sorts first counts "
      "instead.");
  text.section("Match");
  text.set("MACAddress", to_string(nic.link->mac));
  // Its VF has the same MAC.
  text.set("Driver", driver_match(nic.link->driver));
  for (const auto& line : options.match) text.line(line);
  const bool optional = !nic.primary() && nic.ipv4.empty() && nic.ipv6.empty();
  if (options.mtu > 0 || optional) text.section("Link");
  if (options.mtu > 0) text.set("MTUBytes", options.mtu);
  // Nothing says that DHCP will ever answer here, so nobody is to wait for it.
  if (optional) text.set("RequiredForOnline", "no");
  text.section("Network");
  text.set("DHCP", nic.ipv6.empty() ? "ipv4" : "yes");
  text.set("LinkLocalAddressing", "ipv6");
  put_dhcp(text, nic, options);
  put_addresses(text, nic.ipv4);
  put_addresses(text, nic.ipv6);
  put_rules(text, nic, nic.ipv4, options);
  put_rules(text, nic, nic.ipv6, options);
  return std::move(text).take();
}

std::size_t further_addresses(const Nic& nic) {
  return (nic.ipv4.empty() ? 0 : nic.ipv4.size() - 1) +
         (nic.ipv6.empty() ? 0 : nic.ipv6.size() - 1);
}

/// What the primary needs beyond the default file, as words; empty: nothing. Whether DHCPv6 is to
/// run is no such thing: there the router's word starts it.
std::string beyond_default(const Nic& nic, const NetworkOptions& options) {
  std::vector<std::string> words;
  if (further_addresses(nic) > 0) words.push_back(count(further_addresses(nic), "further address"));
  if (!options.use_dns) words.emplace_back("no DNS from DHCP");
  if (options.mtu > 0) words.push_back("an MTU of " + std::to_string(options.mtu));
  return join(words, ", ");
}

std::string why_file(const Nic& nic, const NetworkOptions& options) {
  if (nic.primary()) {
    return "the primary NIC needs what the default file does not say: " +
           beyond_default(nic, options);
  }
  std::string why = "NIC " + std::to_string(nic.place + 1) + " of this VM: DHCP with metric " +
                    std::to_string(metric_of(nic.place)) + " and without its DNS";
  if (further_addresses(nic) > 0) why += ", " + count(further_addresses(nic), "further address");
  if (has_own_table(nic, nic.ipv4, options) || has_own_table(nic, nic.ipv6, options)) {
    why += "; replies leave by it through table " + std::to_string(metric_of(nic.place));
  }
  return why;
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
  const auto primary = choose_primary(facts, nics, plan.undecided);
  match_listed(facts, nics, plan.notes);
  if (!primary) {
    plan.places = facts.places;
    return plan;
  }
  plan.places = decide_places(*primary, nics, facts.places);
  std::vector<Nic*> by_place;
  for (auto& [mac, nic] : nics) {
    nic.place = plan.places.at(mac);
    by_place.push_back(&nic);
  }
  std::ranges::sort(by_place, {}, &Nic::place);
  std::set<std::string_view> seen;
  for (Nic* nic : by_place) {
    if (nic->listed != nullptr) {
      nic->ipv4 = choose_addresses(*nic, nic->listed->ipv4, options, seen, plan.notes);
      nic->ipv6 = choose_addresses(*nic, nic->listed->ipv6, options, seen, plan.notes);
    }
    if (!is_managed(*nic, options)) continue;
    if (nic->primary() && beyond_default(*nic, options).empty()) continue;
    plan.files.push_back({.mac = nic->link->mac,
                          .path = std::string(network_directory(options.files)) + "/" +
                                  network_file_name(nic->link->mac),
                          .content = render(*nic, options),
                          .why = why_file(*nic, options)});
  }
  return plan;
}

std::string_view network_directory(NetworkOptions::Where where) {
  return where == NetworkOptions::Where::kRun ? "/run/systemd/network" : "/etc/systemd/network";
}

std::string network_file_name(const MacAddress& mac) {
  std::string digits = to_string(mac);
  std::erase(digits, ':');
  return std::string(kPrefix) + digits + std::string(kSuffix);
}

std::optional<MacAddress> mac_of_network_file(std::string_view name) {
  constexpr std::size_t kDigits = 12;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) ||
      name.size() != kPrefix.size() + kDigits + kSuffix.size()) {
    return std::nullopt;
  }
  std::string digits(name.substr(kPrefix.size(), kDigits));
  for (std::size_t place = kDigits - 2; place > 0; place -= 2) digits.insert(place, ":");
  const auto mac = parse_mac(digits);
  // Only the spelling that we write: another one is somebody else's file.
  return mac && network_file_name(*mac) == name ? mac : std::nullopt;
}

bool is_our_network_file(std::string_view content) { return content.starts_with(kHeader); }

}  // namespace azl::net
