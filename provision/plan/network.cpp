#include "provision/plan/network.h"

#include <algorithm>
#include <utility>

namespace azl::provision {
namespace {

void take_addresses(const std::vector<imds::InterfaceAddress>& from, const std::string& mac,
                    std::vector<net::ListedAddress>& into, std::vector<std::string>& notes) {
  for (const auto& each : from) {
    auto address = net::parse_listed_address(each.address + "/" + std::to_string(each.prefix));
    if (address) {
      into.push_back(std::move(*address));
    } else {
      notes.push_back("of the NIC " + mac + " an address is left out: " + address.error().cause());
    }
  }
}

}  // namespace

std::vector<net::ListedInterface> listed_interfaces(const imds::Instance& instance,
                                                    std::vector<std::string>& notes) {
  std::vector<net::ListedInterface> listed;
  for (const auto& each : instance.interfaces) {
    const auto mac = net::parse_mac(each.mac);
    if (!mac) continue;  // parse_instance took none such
    net::ListedInterface interface{.mac = *mac};
    take_addresses(each.ipv4, each.mac, interface.ipv4, notes);
    take_addresses(each.ipv6, each.mac, interface.ipv6, notes);
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
  // A guess would do for asking. But if it were wrong, the routes to Azure would end up in the
  // routing table of a NIC that is none of the primary's.
  if (facts.primary && facts.primary->certain) {
    const auto link =
        std::ranges::find(facts.network.links, facts.primary->link, &net::Link::index);
    if (link != facts.network.links.end()) network.primary = link->mac;
  }
  // Each VM has a NIC: an answer that lists none says nothing of them.
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
        "systemd-networkd is not enabled here, so no file is written for it: the NICs are left to "
        "what manages them, their virtual functions are kept out of it all the same");
  }
  for (const auto& note : decided.notes)
    plan.add_finding(Severity::kNote, Error(Reason::kNetwork, note));
  if (!decided.undecided.empty() && decided.nics > 1)
    plan.add_finding(Severity::kDegraded, Error(Reason::kNetwork, decided.undecided));
  plan.network = std::move(decided);
}

}  // namespace azl::provision
