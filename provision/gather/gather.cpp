#include "provision/gather/gather.h"

#include <algorithm>

#include "base/text.h"
#include "disk/provisioning_media.h"
#include "net/acceleration.h"
#include "net/lease.h"
#include "net/rtnetlink.h"
#include "provision/apply/network_files.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kMediaLook = 10s;  // one look: a drive that spins up, not one that never comes
constexpr Duration kSettle = 20s;     // for udev to load the drivers of what is there at boot
constexpr Duration kMediaPause = 500ms;     // between looks for media that was announced
constexpr Duration kGrace = 3s;             // for a better link than one with a mere default route
constexpr Duration kProxyAgentWait = 130s;  // it is told to give up after 120 s itself

/// Reads and parses. Empty: there is no media.
Result<bool> read_ovf(Boot& boot, Duration how_long) {
  const Deadline deadline(boot.machine.clock, how_long);
  std::optional<disk::Media> media;
  if (!boot.config.platform.media_path.empty()) {
    auto read = disk::read_media(boot.config.platform.media_path, imds::kOvfLimit, deadline);
    if (!read) return std::unexpected(std::move(read.error()));
    media = std::move(*read);
  } else if (boot.machine.root.live()) {
    auto found = disk::find_media(boot.machine.root, imds::kOvfLimit, deadline);
    if (!found) return std::unexpected(std::move(found.error()));
    media = std::move(*found);
  }
  if (!media) return false;
  auto ovf = imds::parse_ovf(media->ovf);
  if (!ovf) return fail(std::move(ovf.error()), "reading ovf-env.xml on " + media->where);
  boot.facts.ovf = std::move(*ovf);
  boot.facts.ovf_source = media->where;
  boot.facts.ovf_error.reset();
  boot.ovf_text = Secret(std::move(media->ovf));
  boot.media_device = media->device;
  return true;
}

/// Makes the state this VM's, if it is another's or none; what it says of the image's machine id is
/// carried over.
Result<void> begin_state(Boot& boot) {
  State state = imds::same_vm(boot.state.vm_id, boot.plan.vm_id) ? boot.state : State{};
  state.vm_id = boot.plan.vm_id;
  state.begun = boot.plan.course == Course::kProvision || boot.plan.course == Course::kSpecialized;
  if (boot.plan.machine_id.yes) state.stale_machine_id = boot.facts.machine_id;
  if (auto saved = save_state(boot.machine.root, state); !saved) return saved;
  boot.state = std::move(state);
  return {};
}

Said media_said(const Boot& boot) {
  return {Said::kDone, "read ovf-env.xml on " + boot.facts.ovf_source};
}

std::string describe(const net::NetworkState& state, int link) {
  const auto found = std::ranges::find(state.links, link, &net::Link::index);
  return found == state.links.end() ? "link " + std::to_string(link)
                                    : found->name + " (" + net::to_string(found->mac) + ")";
}

/// The links as the report shows them.
void record_links(Boot& boot) {
  const auto& state = boot.facts.network;
  const auto& drivers = boot.config.network.synthetic_drivers;
  const auto roles = net::roles(state.links, drivers);
  boot.record.links.clear();
  for (std::size_t i = 0; i < state.links.size(); ++i) {
    const auto& link = state.links[i];
    if (link.type == 772) continue;  // ARPHRD_LOOPBACK
    LinkRecord record{.name = link.name,
                      .mac = net::to_string(link.mac),
                      .driver = link.driver,
                      .role = std::string(net::to_string(roles[i])),
                      .why = net::role_reason(state.links, i, drivers),
                      .primary = boot.facts.primary && boot.facts.primary->link == link.index,
                      .addresses = {},
                      .acceleration = {}};
    for (const auto& address : state.addresses) {
      if (address.link == link.index)
        record.addresses.push_back(net::dotted_quad(address.ip) + "/" +
                                   std::to_string(address.prefix));
    }
    for (const auto& address : state.ipv6_addresses) {
      if (address.link == link.index)
        record.addresses.push_back(address.text + "/" + std::to_string(address.prefix));
    }
    boot.record.links.push_back(std::move(record));
  }
}

net::AccelerationReport judge_acceleration(const Root& root, const net::NetworkState& state) {
  net::AccelerationFacts facts{.state = state, .functions = net::read_network_functions(root)};
  const auto roles = net::roles(state.links, state.synthetic_drivers);
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const auto& link = state.links[i];
    if (roles[i] == net::Role::kVirtualFunction)
      facts.pci[link.index] = net::pci_address(root, link.name);
    if (roles[i] != net::Role::kSynthetic) continue;
    if (const auto traffic = net::read_vf_traffic(link.name)) facts.traffic[link.index] = *traffic;
  }
  return net::judge_acceleration(facts);
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

std::string settle_devices(Processes& processes, Clock& clock) {
  // A bit longer than what udevadm is told, so that it is the one to say so.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kSettle).count();
  const auto settled =
      processes.run({.argv = {"udevadm", "settle", "--timeout=" + std::to_string(seconds)}},
                    Deadline(clock, kSettle + 1s));
  return settled ? "after udev had settled"
                 : "though udev had not settled: " + settled.error().to_string();
}

Result<Said> look_for_media(Boot& boot) {
  const bool live = boot.machine.root.live();
  auto found = read_ovf(boot, kMediaLook);
  std::string when;
  if (live && found && !*found) {
    // Early in a boot the drivers of the drives may be still to be loaded.
    when = ", looked for once more " + settle_devices(*boot.tools, boot.machine.clock);
    found = read_ovf(boot, kMediaLook);
  }
  if (!found) {
    boot.facts.ovf_error = found.error();
    return std::unexpected(std::move(found.error()));
  }
  if (*found) return media_said(boot);
  return Said{Said::kSkipped, live ? "there is no provisioning media" + when
                                   : "a root tree has no drives; --media PATH gives one"};
}

void choose_wireserver(Boot& boot) {
  boot.wireserver_url = boot.config.platform.wireserver_url;
  if (boot.wireserver_url.empty() && boot.machine.root.live())
    boot.wireserver_url = imds::kWireServerUrl;
  if (!boot.config.platform.wireserver_url.empty() || !boot.facts.primary) return;
  const auto lease = net::read_lease(boot.machine.root, boot.facts.primary->link);
  if (lease && lease->wireserver) boot.wireserver_url = "http://" + *lease->wireserver;
}

Result<void> read_links(Boot& boot) {
  auto& state = boot.facts.network;
  if (state.links.empty() && boot.machine.root.live()) {
    auto read = net::read_network_state(boot.machine.root, boot.config.network.synthetic_drivers);
    if (!read) return std::unexpected(std::move(read.error()));
    state = std::move(*read);
  } else if (state.links.empty()) {
    auto links = net::read_sysfs_links(boot.machine.root);
    if (!links) return std::unexpected(std::move(links.error()));
    state.links = std::move(*links);
  }
  state.synthetic_drivers = boot.config.network.synthetic_drivers;
  if (!boot.facts.primary) {
    // A guess would do for asking, but not for changing what is remembered.
    const auto primary = net::find_primary(state);
    if (primary && primary->certain) boot.facts.primary = *primary;
  }
  record_links(boot);
  return {};
}

Result<Said> look_at_acceleration(Boot& boot) {
  const Root& root = boot.machine.root;
  if (!root.live()) return Said{Said::kSkipped, "root tree"};
  auto state = net::read_network_state(root, boot.config.network.synthetic_drivers);
  if (!state) return std::unexpected(std::move(state.error()));
  boot.facts.network = std::move(*state);
  record_links(boot);
  const auto report = judge_acceleration(root, boot.facts.network);
  std::size_t accelerated = 0;
  for (const auto& each : report.links) {
    if (each.accelerated) ++accelerated;
    const auto link =
        std::ranges::find(boot.facts.network.links, each.synthetic, &net::Link::index);
    const auto record = std::ranges::find(boot.record.links, link->name, &LinkRecord::name);
    if (record != boot.record.links.end()) record->acceleration = to_record(each);
  }
  for (const auto& fault : report.faults)
    boot.find(Severity::kNote, Error(Reason::kNetwork, fault), "links");
  return Said{Said::kDone, std::to_string(accelerated) + " of " +
                               std::to_string(report.links.size()) +
                               " synthetic links are accelerated"};
}

Result<Said> wait_for_lease(Boot& boot) {
  choose_wireserver(boot);
  if (!boot.machine.root.live()) {
    if (auto read = read_links(boot); !read) return std::unexpected(std::move(read.error()));
    return Said{Said::kSkipped, "root tree: its network is not this machine's"};
  }
  const auto most = boot.facts.ovf ? std::min(boot.config.network.lease_timeout,
                                              boot.config.imds.timeout_with_media)
                                   : boot.config.network.lease_timeout;
  // The lease is not there yet, as a rule: IMDS is asked all the sooner when it comes.
  boot.machine.http.prepare();
  auto primary =
      net::wait_for_primary(boot.machine.root, kGrace, Deadline(boot.machine.clock, most),
                            boot.config.network.synthetic_drivers);
  announce_link_look(boot.machine.root);
  if (auto state = net::read_network_state(boot.machine.root))
    boot.facts.network = std::move(*state);
  if (primary) boot.facts.primary = *primary;
  record_links(boot);
  if (!primary) {
    boot.facts.imds_error = primary.error();
    return std::unexpected(std::move(primary.error()));
  }
  choose_wireserver(boot);
  return Said{Said::kDone,
              describe(boot.facts.network, primary->link) + " is the primary: " + primary->why};
}

Result<Said> wait_for_proxy_agent(Boot& boot) {
  if (!boot.facts.ovf || !boot.facts.ovf->provision_guest_proxy_agent)
    return Said{Said::kSkipped, "the media does not ask for it"};
  if (!boot.machine.root.live()) return Said{Said::kSkipped, "root tree"};
  auto& processes = *boot.tools;
  auto output = processes.run({.argv = {"azure-proxy-agent", "--status", "--wait", "120"}},
                              Deadline(boot.machine.clock, kProxyAgentWait));
  if (output) return Said{Said::kDone, "azure-proxy-agent is ready"};
  const bool missing = output.error().reason() == Reason::kToolMissing;
  boot.facts.proxy_agent_error = Error(Reason::kProxyAgent, output.error().to_string())
                                     .with_detail(missing ? "not found" : "status failure");
  return std::unexpected(*boot.facts.proxy_agent_error);
}

Result<Said> ask_imds(Boot& boot) {
  if (boot.facts.proxy_agent_error)
    return Said{Said::kSkipped, "the metadata proxy agent is not ready"};
  if (boot.facts.imds_error)
    return Said{Said::kSkipped, "there is no lease, so it cannot be reached"};
  const bool tree = !boot.machine.root.live();
  if (boot.config.platform.imds_url.empty() && tree) {
    boot.facts.imds_error =
        Error(Reason::kImdsConnect, "a root tree has no metadata service; --imds-url gives one");
    return Said{Said::kSkipped, boot.facts.imds_error->cause()};
  }
  const auto url = boot.config.platform.imds_url.empty() ? std::string(imds::kImdsUrl)
                                                         : boot.config.platform.imds_url;
  const auto most = boot.facts.ovf
                        ? std::min(boot.config.imds.timeout, boot.config.imds.timeout_with_media)
                        : boot.config.imds.timeout;
  auto answer = imds::fetch_instance(boot.machine.http, url, boot.machine.clock,
                                     Deadline(boot.machine.clock, most), boot.attempts);
  if (!answer) {
    boot.facts.imds_error = answer.error();
    return std::unexpected(std::move(answer.error()));
  }
  boot.facts.imds = std::move(*answer);
  return Said{Said::kDone, "api-version " + boot.facts.imds->api_version};
}

Result<Said> wait_for_media(Boot& boot) {
  if (boot.facts.ovf) return Said{Said::kSkipped, "it is there already"};
  const bool announced =
      boot.facts.imds && boot.facts.imds->instance.has_custom_data.value_or(false);
  if (!boot.machine.root.live() && boot.config.platform.media_path.empty())
    return Said{Said::kSkipped, "a root tree has no drives; --media PATH gives one"};
  // It may have come since the first look: a password is nowhere else. A path that was given is
  // there or never comes.
  const bool once = !announced || !boot.config.platform.media_path.empty();
  const Deadline deadline(boot.machine.clock,
                          once ? Duration::zero() : boot.config.platform.media_timeout);
  while (true) {
    auto found = read_ovf(boot, kMediaLook);
    if (found && *found) return media_said(boot);
    if (!found) boot.facts.ovf_error = found.error();
    if (deadline.remaining() <= kMediaPause) break;
    boot.machine.clock.sleep(kMediaPause);
  }
  if (boot.facts.ovf_error) return std::unexpected(*boot.facts.ovf_error);
  if (!announced) return Said{Said::kSkipped, "there is still no provisioning media"};
  return fail(Reason::kCustomDataMissing, "IMDS says hasCustomData=true, but no media came");
}

Result<Said> decide(Boot& boot) {
  boot.decided = true;
  auto gathered = gather_tree(boot.machine.root, boot.config, boot.facts);
  boot.plan = gathered ? make_plan(boot.facts, boot.config)
                       : refused_plan(boot.facts, boot.config, std::move(gathered.error()));
  boot.record.course = to_string(boot.plan.course);
  boot.record.course_why = boot.plan.course_why;
  const Error* fatal = boot.plan.fatal();
  for (const auto& [severity, error] : boot.plan.findings) {
    if (&error != fatal)
      boot.find(severity == Severity::kFatal ? Severity::kDegraded : severity, error, "decide");
  }
  // From here on /var/lib/waagent/provisioned may be ours, and must not be taken for WALinuxAgent's
  // own after a power cut.
  const bool refused_for_cause = fatal != nullptr && (boot.facts.ovf || boot.facts.imds);
  const bool begins =
      boot.plan.course == Course::kProvision || boot.plan.course == Course::kSpecialized;
  if (begins || refused_for_cause) {
    auto begun = begin_state(boot);
    if (!begun && fatal == nullptr) return std::unexpected(std::move(begun.error()));
    if (!begun) boot.find(Severity::kDegraded, begun.error(), "decide");
  }
  if (fatal != nullptr) return std::unexpected(*fatal);
  return Said{Said::kDone, std::string(to_string(boot.plan.course)) + ": " + boot.plan.course_why};
}

Result<Said> note_interruption(Boot& boot) {
  // For the plan by which the machine is closed: what can be read counts.
  if (auto gathered = gather_tree(boot.machine.root, boot.config, boot.facts); !gathered)
    boot.find(Severity::kDegraded, gathered.error(), "interrupted");
  auto main = boot.record;
  main.stage = to_string(Stage::kMain);
  const auto dead = interrupted_record(boot.machine.root, main);
  const bool known = dead && !dead->steps.empty();
  return fail(Reason::kInterrupted,
              "the main stage was killed" +
                  (known ? " in its step '" + dead->steps.back().name + "'" : std::string()));
}

}  // namespace azl::provision
