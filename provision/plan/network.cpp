#include "provision/plan/network.h"

#include <utility>

#include "net/link_role.h"
#include "net/mac.h"

namespace azl::provision {
namespace {

void convert_addresses(const std::vector<imds::InterfaceAddress>& from, const std::string& mac,
                       std::vector<net::ListedAddress>& into, std::vector<std::string>& notes) {
  for (const auto& each : from) {
    auto address = net::parse_listed_address(each.address + "/" + std::to_string(each.prefix));
    if (address) {
      into.push_back(std::move(*address));
    } else {
      notes.push_back("an address of the NIC " + mac + " is ignored: " + address.error().cause());
    }
  }
}

}  // namespace

std::vector<net::ListedInterface> listed_interfaces(const imds::Instance& instance,
                                                    std::vector<std::string>& notes) {
  std::vector<net::ListedInterface> listed;
  for (const auto& each : instance.interfaces) {
    const auto mac = net::parse_mac(each.mac);
    if (!mac) continue;  // parse_instance() checks it
    net::ListedInterface interface{.mac = *mac};
    convert_addresses(each.ipv4, each.mac, interface.ipv4, notes);
    convert_addresses(each.ipv6, each.mac, interface.ipv6, notes);
    listed.push_back(std::move(interface));
  }
  return listed;
}

net::NetworkFacts network_facts(const Facts& facts, const Config& config,
                                std::vector<std::string>& notes) {
  net::NetworkFacts network{
      .links = facts.network.links,
      .roles = net::roles(facts.network.links, config.network.synthetic_drivers),
      .listed = facts.known_network.listed,
      .places = facts.known_network.places};
  // An uncertain primary does not count here. If the guess were wrong, the routes to Azure would be
  // in the routing table of a NIC that is not the primary.
  if (facts.primary && facts.primary->certain) {
    const auto* link = net::find_link(facts.network.links, facts.primary->link);
    if (link != nullptr) network.primary = link->mac;
  }
  // Every VM has a NIC, so an answer without any is not used.
  const auto* imds = facts.instance();
  if (imds != nullptr && !imds->interfaces.empty())
    network.listed = listed_interfaces(*imds, notes);
  return network;
}

void decide_network(const Facts& facts, const Config& config, Plan& plan) {
  if (facts.network.links.empty()) return;
  std::vector<std::string> notes;
  auto decided = net::plan_network(network_facts(facts, config, notes), config.network.options);
  decided.notes.insert(decided.notes.begin(), notes.begin(), notes.end());
  if (!facts.has_networkd && !decided.files.empty()) {
    decided.files.clear();
    decided.notes.emplace_back(
        "systemd-networkd is not enabled, so no .network file is written; whatever manages the "
        "NICs "
        "still ignores their virtual functions");
  }
  for (const auto& note : decided.notes)
    plan.add_finding(Severity::kNote, Error(Reason::kNetwork, note));
  if (!decided.undecided.empty() && decided.nics > 1)
    plan.add_finding(Severity::kDegraded, Error(Reason::kNetwork, decided.undecided));
  plan.network = std::move(decided);
}

}  // namespace azl::provision
