#include "provision/gather/links.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <net/if_arp.h>

#include "imds/wireserver.h"
#include "net/acceleration.h"
#include "net/lease.h"
#include "net/link_role.h"
#include "net/primary.h"
#include "net/rtnetlink.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGrace = 3s;  // for a better link than one with a mere default route
constexpr const char* kLookingMark =
    "/run/azl-provision/links.looking";  // the udev rule tests for it

std::string describe_link(const net::NetworkState& state, int link) {
  const auto found = std::ranges::find(state.links, link, &net::Link::index);
  return found == state.links.end() ? "link " + std::to_string(link)
                                    : found->name + " (" + net::to_string(found->mac) + ")";
}

std::vector<std::string> addresses_of(const net::NetworkState& state, int link) {
  std::vector<std::string> addresses;
  for (const auto& address : state.addresses) {
    if (address.link == link)
      addresses.push_back(net::dotted_quad(address.ip) + "/" + std::to_string(address.prefix));
  }
  for (const auto& address : state.ipv6_addresses) {
    if (address.link == link)
      addresses.push_back(address.text + "/" + std::to_string(address.prefix));
  }
  return addresses;
}

void record_links(const Context& context, const Facts& facts, Recorder& recorder) {
  const auto& state = facts.network;
  const auto& drivers = context.config.network.synthetic_drivers;
  const auto roles = net::roles(state.links, drivers);
  auto& records = recorder.record().links;
  records.clear();
  for (std::size_t i = 0; i < state.links.size(); ++i) {
    const auto& link = state.links[i];
    if (link.type == ARPHRD_LOOPBACK) continue;
    records.push_back({.name = link.name,
                       .mac = net::to_string(link.mac),
                       .driver = link.driver,
                       .role = std::string(net::to_string(roles[i])),
                       .why = net::describe_role(state.links, i, drivers),
                       .primary = facts.primary && facts.primary->link == link.index,
                       .addresses = addresses_of(state, link.index)});
  }
}

net::AccelerationReport check_acceleration(const Root& root, const net::NetworkState& state) {
  net::AccelerationFacts facts{.state = state, .functions = net::read_network_functions(root)};
  const auto roles = net::roles(state.links, state.synthetic_drivers);
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const auto& link = state.links[i];
    if (roles[i] == net::Role::kVirtualFunction)
      facts.pci[link.index] = net::read_pci_address(root, link.name);
    if (roles[i] != net::Role::kSynthetic) continue;
    if (const auto traffic = net::read_vf_traffic(link.name)) facts.traffic[link.index] = *traffic;
  }
  return net::check_acceleration(facts);
}

AccelerationRecord to_record(const net::Acceleration& each) {
  AccelerationRecord record{.accelerated = each.accelerated,
                            .vf = each.vf,
                            .driver = each.driver,
                            .pci = each.pci,
                            .enslaved = each.enslaved,
                            .why = each.why};
  if (each.traffic) {
    record.received = static_cast<std::int64_t>(each.traffic->received);
    record.sent = static_cast<std::int64_t>(each.traffic->sent);
  }
  return record;
}

}  // namespace

void announce_link_look(const Root& root) {
  // If it cannot be written, the next boot configures a NIC that comes late.
  if (root.live() && !root.exists(kLookingMark))
    (void)root.write(kLookingMark, "", {.mode = 0600, .durable = false});
}

Result<void> read_links(const Context& context, Facts& facts, Recorder& recorder) {
  auto& state = facts.network;
  const auto& drivers = context.config.network.synthetic_drivers;
  if (state.links.empty() && context.root().live()) {
    state = OR_RETURN(net::read_network_state(context.root(), drivers));
  } else if (state.links.empty()) {
    state.links = OR_RETURN(net::read_sysfs_links(context.root()));
  }
  state.synthetic_drivers = drivers;
  if (!facts.primary) {
    // A guess would do for asking IMDS, but not for changing what is remembered.
    const auto primary = net::find_primary(state);
    if (primary && primary->certain) facts.primary = *primary;
  }
  record_links(context, facts, recorder);
  return {};
}

StepResult wait_for_lease(const Context& context, Facts& facts, Recorder& recorder) {
  const auto& root = context.root();
  if (!root.live()) {
    OR_RETURN(read_links(context, facts, recorder));
    return skipped("root tree: its network is not this machine's");
  }
  const auto& limit = context.config.network.lease_timeout;
  const auto most = facts.ovf ? std::min(limit, context.config.imds.timeout_with_media) : limit;
  // As a rule the lease is not there yet, so this costs the boot nothing.
  context.machine.http.prepare();
  const auto& drivers = context.config.network.synthetic_drivers;
  const auto deadline = context.within(most);
  recorder.record_wait("a DHCP lease on the primary link", deadline);
  auto primary = net::wait_for_primary(root, kGrace, deadline, drivers);
  announce_link_look(root);
  if (auto state = net::read_network_state(root, drivers)) facts.network = std::move(*state);
  if (primary) facts.primary = *primary;
  record_links(context, facts, recorder);
  if (!primary) {
    facts.imds_error = primary.error();
    return std::unexpected(std::move(primary.error()));
  }
  return done(describe_link(facts.network, primary->link) + " is the primary: " + primary->why);
}

StepResult look_at_acceleration(const Context& context, Facts& facts, Recorder& recorder) {
  const auto& root = context.root();
  if (!root.live()) return skipped("root tree");
  facts.network =
      OR_RETURN(net::read_network_state(root, context.config.network.synthetic_drivers));
  record_links(context, facts, recorder);
  const auto report = check_acceleration(root, facts.network);
  for (const auto& each : report.links) {
    const auto link = std::ranges::find(facts.network.links, each.synthetic, &net::Link::index);
    auto& records = recorder.record().links;
    const auto record = std::ranges::find(records, link->name, &LinkRecord::name);
    if (record != records.end()) record->acceleration = to_record(each);
  }
  for (const auto& fault : report.faults)
    recorder.record_finding(Severity::kNote, Error(Reason::kNetwork, fault));
  const auto accelerated = std::ranges::count(report.links, true, &net::Acceleration::accelerated);
  return done(std::to_string(accelerated) + " of " + std::to_string(report.links.size()) +
              " synthetic links are accelerated");
}

std::string find_wireserver(const Context& context, const Facts& facts) {
  const auto& given = context.config.platform.wireserver_url;
  if (!given.empty() || !context.root().live()) return given;
  if (facts.primary) {
    const auto lease = net::read_lease(context.root(), facts.primary->link);
    if (lease && lease->wireserver) return "http://" + *lease->wireserver;
  }
  return std::string(imds::kWireServerUrl);
}

}  // namespace azl::provision
