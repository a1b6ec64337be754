#include "provision/apply/network_files.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/count.h"
#include "net/link.h"
#include "net/link_role.h"
#include "net/network_file.h"
#include "net/networkd.h"
#include "provision/gather/tree.h"
#include "provision/plan/network.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using net::NetworkFile;
using net::NetworkOptions;

constexpr Duration kBusTime = 10s;
constexpr std::size_t kFileLimit = 1 << 20;
constexpr std::string_view kUdevQueue = "/run/udev/queue";
constexpr auto kDirectories = {NetworkOptions::Where::kEtc, NetworkOptions::Where::kRun};

/// Whose file has one of our names.
enum class Whose { kNobodys, kOurs, kAnothers };

struct FileOnDisk {
  Whose whose = Whose::kNobodys;
  std::string content;
};

Result<FileOnDisk> read_file(const Root& root, const std::string& path) {
  auto text = OR_RETURN(root.read_if_exists(path, kFileLimit));
  if (!text) return FileOnDisk{};
  return FileOnDisk{net::is_our_network_file(*text) ? Whose::kOurs : Whose::kAnothers,
                    std::move(*text)};
}

/// Whether a planned file is still to be written.
bool is_missing(const Root& root, const NetworkFile& file) {
  const auto found = read_file(root, file.path);
  return found && found->whose != Whose::kAnothers && found->content != file.content;
}

/// Paths of our files that the plan does not contain.
std::vector<std::string> find_stale(const Root& root, const net::NetworkPlan& plan) {
  std::vector<std::string> stale;
  for (const auto where : kDirectories) {
    const auto directory = std::string(net::network_directory(where));
    const auto names = root.list(directory);
    if (!names) continue;
    for (const auto& name : *names) {
      const auto path = directory + "/" + name;
      if (!net::mac_of_network_file(name) ||
          std::ranges::find(plan.files, path, &NetworkFile::path) != plan.files.end())
        continue;
      const auto found = read_file(root, path);
      if (found && found->whose == Whose::kOurs) stale.push_back(path);
    }
  }
  return stale;
}

/// The MACs of the links that get a file, or would.
std::set<net::MacAddress> nics_of(const net::NetworkState& state) {
  const auto roles = net::roles(state.links, state.synthetic_drivers);
  std::set<net::MacAddress> macs;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const bool nic = roles[i] == net::Role::kSynthetic || roles[i] == net::Role::kStandalone;
    if (nic && state.links[i].mac != net::MacAddress{}) macs.insert(state.links[i].mac);
  }
  return macs;
}

/// Whether a NIC that was there when IMDS last answered may only be late: udev still handles the
/// devices of this boot, and loads their drivers (udev_queue_is_empty() of systemd). udev starts
/// stage link for a NIC that comes.
bool is_awaiting_nics(const Root& root, const std::set<net::MacAddress>& present,
                      const std::set<net::MacAddress>& remembered) {
  return !std::ranges::includes(present, remembered) && root.exists(kUdevQueue);
}

/// The links of /sys, and what follows from them and from what is remembered.
struct Remembered {
  Facts facts;
  net::NetworkPlan plan;
};

Result<Remembered> plan_from_memory(const Root& root, const Config& config,
                                    const std::string& vm_id) {
  Remembered result;
  result.facts.network.links = OR_RETURN(net::read_sysfs_links(root));
  result.facts.network.synthetic_drivers = config.network.synthetic_drivers;
  result.facts.known_network = OR_RETURN(load_known_network(root, vm_id));
  std::vector<std::string> ignored;  // whoever writes the files records them
  result.plan =
      net::plan_network(network_facts(result.facts, config, ignored), config.network.options);
  return result;
}

/// What was changed on disk.
struct Changes {
  std::size_t written = 0;
  std::size_t removed = 0;
  std::size_t failed = 0;
  [[nodiscard]] bool any() const { return written + removed > 0; }
};

void record_failure(Recorder& recorder, const Error& error, const std::string& what) {
  recorder.record_finding(Severity::kDegraded,
                          Error(Reason::kNetwork, error.to_string()).with_context(what));
}

/// Writes one file. Returns whether anything changed.
Result<bool> write_file(const Context& context, const NetworkFile& file, Recorder& recorder) {
  const Root& root = context.root();
  if (OR_RETURN(read_file(root, file.path)).whose == Whose::kAnothers) {
    recorder.record_finding(Severity::kNote,
                            Error(Cause::kForeignNetworkFile,
                                  file.path + " is not from azl-provision, so it stays as it is"));
    return false;
  }
  OR_RETURN(root.make_directory(net::network_directory(context.config.network.options.files)));
  return root.write(file.path, file.content);
}

Changes write_files(const Context& context, const net::NetworkPlan& plan, Recorder& recorder) {
  Changes changes;
  for (const auto& file : plan.files) {
    const auto written = write_file(context, file, recorder);
    if (!written) {
      record_failure(recorder, written.error(),
                     "the NIC " + net::to_string(file.mac) + " is not configured");
      ++changes.failed;
    } else if (*written) {
      ++changes.written;
    }
  }
  return changes;
}

void remove_stale(const Context& context, const net::NetworkPlan& plan, Changes& changes,
                  Recorder& recorder) {
  for (const auto& path : find_stale(context.root(), plan)) {
    if (const auto removed = context.root().remove(path); !removed) {
      record_failure(recorder, removed.error(), path + " could not be removed");
      ++changes.failed;
    } else {
      ++changes.removed;
    }
  }
}

/// Has networkd read the files. Returns how that went, as the end of a sentence.
std::string reload_networkd(const Context& context, Recorder& recorder) {
  if (!context.root().live()) return "networkd is not asked to read them: root tree";
  const auto reloaded = net::reload_networkd(context.within(kBusTime));
  if (reloaded) return "networkd has read them";
  record_failure(recorder, reloaded.error(), "the files count from the next boot on");
  return "networkd could not be asked to read them";
}

void remember_network(const Context& context, const Facts& facts, const net::NetworkPlan& plan,
                      Recorder& recorder) {
  std::vector<std::string> ignored;  // recorded with the plan
  const KnownNetwork known{.vm_id = facts.identity.vm_id,
                           .listed = network_facts(facts, context.config, ignored).listed,
                           .answered_for = facts.lists_nics() ? nics_of(facts.network)
                                                              : facts.known_network.answered_for,
                           .places = plan.places};
  if (const auto saved = save_known_network(context.root(), known); !saved)
    recorder.record_finding(Severity::kDegraded, saved.error());
}

std::string describe_changes(const net::NetworkPlan& plan, const Changes& changes) {
  auto failed = changes.failed > 0
                    ? describe_count(changes.failed, "file") + " could not be changed"
                    : std::string();
  if (!changes.any()) {
    if (!failed.empty()) return failed;
    return plan.files.empty() ? "the default file is enough"
                              : describe_count(plan.files.size(), "file") + " were right already";
  }
  std::string what;
  if (changes.written > 0) what = "wrote " + describe_count(changes.written, "file");
  if (changes.removed > 0)
    what += (what.empty() ? "removed " : ", removed ") + describe_count(changes.removed, "file");
  return what + (failed.empty() ? "" : ", " + failed);
}

}  // namespace

NetworkNews look_for_network_news(const Root& root, const Config& config, const State& state) {
  if (!state.provisioned || state.provisioned->by != "azl-provision" || !has_networkd(root))
    return {};
  const auto memory = plan_from_memory(root, config, state.vm_id);
  if (!memory) return {.why = memory.error().to_string(), .ask = true};
  const auto nics = nics_of(memory->facts.network);
  const auto& known = memory->facts.known_network;
  NetworkNews news;
  if (nics.empty()) return news;
  for (const auto& mac : nics) {
    if (known.answered_for.contains(mac)) continue;
    news.ask = true;
    news.why = "IMDS has not yet listed the NIC " + net::to_string(mac);
  }
  const bool awaiting = is_awaiting_nics(root, nics, known.answered_for);
  if (!memory->plan.undecided.empty()) {
    if (memory->plan.nics > 1 && !awaiting) news = {.why = memory->plan.undecided, .ask = true};
    return news;
  }
  for (const auto& file : memory->plan.files) {
    if (!is_missing(root, file)) continue;
    news.write = true;
    if (news.why.empty()) news.why = file.path + " is missing or differs";
  }
  if (awaiting) return news;
  const auto stale = find_stale(root, memory->plan);
  if (!stale.empty() && news.why.empty()) news.why = stale.front() + " is no longer needed";
  return news;
}

StepResult write_remembered_files(const Context& context, Recorder& recorder) {
  const auto memory =
      OR_RETURN(plan_from_memory(context.root(), context.config, context.identity.vm_id));
  const auto changes = write_files(context, memory.plan, recorder);
  return done_if(changes.any(),
                 describe_changes(memory.plan, changes) + ", from what is remembered");
}

StepResult start_link_stage(const Context& context, const std::string& why) {
  if (!context.root().live())
    return skipped("root tree: run --stage=link configures them (" + why + ")");
  const std::string unit = "azl-provision-link@boot.service";
  OR_RETURN(context.machine.processes.run({.argv = {"systemctl", "start", "--no-block", unit}},
                                          context.within(kBusTime)));
  return done(unit + " is started: " + why);
}

StepResult configure_network(const Context& context, const Facts& facts,
                             const net::NetworkPlan& plan, Recorder& recorder) {
  if (facts.network.links.empty())
    return skipped(context.root().live() ? "the links could not be read"
                                         : "root tree without links");
  if (!facts.has_networkd) return skipped("systemd-networkd is not enabled here");
  if (!plan.undecided.empty()) return skipped(plan.undecided);
  auto changes = write_files(context, plan, recorder);
  // The file of a NIC that is only late stays.
  if (!is_awaiting_nics(context.root(), nics_of(facts.network), facts.known_network.answered_for))
    remove_stale(context, plan, changes, recorder);
  auto what = describe_changes(plan, changes);
  if (changes.any()) what += "; " + reload_networkd(context, recorder);
  remember_network(context, facts, plan, recorder);
  return done_if(changes.any(), std::move(what));
}

}  // namespace azl::provision
