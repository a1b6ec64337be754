#include "provision/apply/network_files.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "net/networkd.h"
#include "net/rtnetlink.h"
#include "provision/gather/gather.h"
#include "provision/plan/network.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using net::NetworkFile;
using net::NetworkOptions;

constexpr Duration kBusTime = 10s;
constexpr const char* kTunedMark = "/run/azl-provision/tuned";  // the udev rule tests for it
constexpr const char* kLookingMark = "/run/azl-provision/links.looking";  // and for this
constexpr std::size_t kFileLimit = 1 << 20;
constexpr auto kDirectories = {NetworkOptions::Where::kEtc, NetworkOptions::Where::kRun};

std::string number_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Whose a file is that has one of our names.
enum class Whose { kNobodys, kOurs, kAnothers };

struct Found {
  Whose whose = Whose::kNobodys;
  std::string content;
};

Result<Found> look_at(const Root& root, const std::string& path) {
  auto text = root.read_if_exists(path, kFileLimit);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!*text) return Found{};
  return Found{net::is_our_network_file(**text) ? Whose::kOurs : Whose::kAnothers,
               std::move(**text)};
}

/// Whether a planned file is still to be written.
bool is_missing(const Root& root, const NetworkFile& file) {
  const auto found = look_at(root, file.path);
  return found && found->whose != Whose::kAnothers && found->content != file.content;
}

/// Paths of our files that no plan calls for.
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
      const auto found = look_at(root, path);
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

/// The links by /sys alone, and what follows from them and from what is remembered.
struct Remembered {
  Facts facts;
  net::NetworkPlan plan;
};

Result<Remembered> plan_by_memory(const Root& root, const Config& config,
                                  const std::string& vm_id) {
  Remembered result;
  auto links = net::read_sysfs_links(root);
  if (!links) return std::unexpected(std::move(links.error()));
  result.facts.network.links = std::move(*links);
  result.facts.network.synthetic_drivers = config.network.synthetic_drivers;
  auto known = load_known_network(root, vm_id);
  if (!known) return std::unexpected(std::move(known.error()));
  result.facts.known_network = std::move(*known);
  std::vector<std::string> ignored;  // whoever writes the files tells
  result.plan =
      net::plan_network(network_facts(result.facts, config, ignored), config.network.options);
  return result;
}

/// Writes one file. Returns whether anything changed.
Result<bool> put_file(Boot& boot, const NetworkFile& file) {
  const Root& root = boot.machine.root;
  auto found = look_at(root, file.path);
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->whose == Whose::kAnothers) {
    boot.find(Severity::kNote,
              Error(Reason::kNetwork, file.path + " is not from azl-provision, so it is left"),
              "network");
    return false;
  }
  const auto directory = net::network_directory(boot.config.network.options.files);
  if (auto made = root.make_directory(directory); !made)
    return std::unexpected(std::move(made.error()));
  return root.write(file.path, file.content);
}

/// What was changed on disk.
struct Applied {
  std::size_t written = 0;
  std::size_t removed = 0;
  std::size_t failed = 0;
  [[nodiscard]] bool any() const { return written + removed > 0; }
};

void note_failure(Boot& boot, const Error& error, const std::string& what) {
  boot.find(Severity::kDegraded, Error(Reason::kNetwork, error.to_string()).with_context(what),
            "network");
}

Applied write_files(Boot& boot, const net::NetworkPlan& plan) {
  Applied applied;
  for (const auto& file : plan.files) {
    auto written = put_file(boot, file);
    if (!written) {
      note_failure(boot, written.error(),
                   "the NIC " + net::to_string(file.mac) + " is not configured");
      ++applied.failed;
    } else if (*written) {
      ++applied.written;
    }
  }
  return applied;
}

void remove_stale(Boot& boot, const net::NetworkPlan& plan, Applied& applied) {
  for (const auto& path : find_stale(boot.machine.root, plan)) {
    if (auto removed = boot.machine.root.remove(path); !removed) {
      note_failure(boot, removed.error(), path + " is still there");
      ++applied.failed;
    } else {
      ++applied.removed;
    }
  }
}

/// How networkd took it, in words.
std::string let_networkd_read(Boot& boot) {
  if (!boot.machine.root.live()) return "networkd is not asked: root tree";
  auto reloaded = net::reload(Deadline(boot.machine.clock, kBusTime));
  if (reloaded) return "networkd has read them";
  note_failure(boot, reloaded.error(), "the files count from the next boot on");
  return "networkd could not be asked to read them";
}

void remember_network(Boot& boot, const net::NetworkPlan& plan) {
  std::vector<std::string> ignored;  // told with the plan
  const bool answered = boot.facts.imds.has_value();
  const KnownNetwork known{.vm_id = boot.facts.identity.vm_id,
                           .listed = network_facts(boot.facts, boot.config, ignored).listed,
                           .answered_for = answered ? nics_of(boot.facts.network)
                                                    : boot.facts.known_network.answered_for,
                           .places = plan.places};
  if (auto saved = save_known_network(boot.machine.root, known); !saved)
    boot.find(Severity::kDegraded, saved.error(), "network");
}

std::string said_of(const net::NetworkPlan& plan, const Applied& applied) {
  auto failed =
      applied.failed > 0 ? number_of(applied.failed, "file") + " could not be changed" : "";
  if (!applied.any()) {
    if (!failed.empty()) return failed;
    return plan.files.empty() ? "the default file is enough"
                              : number_of(plan.files.size(), "file") + " as they are to be";
  }
  std::string what;
  if (applied.written > 0) what = "wrote " + number_of(applied.written, "file");
  if (applied.removed > 0)
    what += (what.empty() ? "removed " : ", removed ") + number_of(applied.removed, "file");
  return what + (failed.empty() ? "" : ", " + failed);
}

}  // namespace

void announce_link_look(const Root& root) {
  // If it can't be written, a NIC that comes is configured by the next boot.
  if (root.live() && !root.exists(kLookingMark))
    (void)root.write(kLookingMark, "", {.mode = 0600, .durable = false});
}

NetworkNews look_for_network_news(const Root& root, const Config& config, const State& state) {
  if (!state.provisioned || state.provisioned->by != "azl-provision" || !has_networkd(root))
    return {};
  const auto memory = plan_by_memory(root, config, state.vm_id);
  if (!memory) return {.why = memory.error().to_string(), .ask = true};
  const auto nics = nics_of(memory->facts.network);
  const auto& known = memory->facts.known_network;
  NetworkNews news;
  if (nics.empty()) return news;
  for (const auto& mac : nics) {
    if (known.answered_for.contains(mac)) continue;
    news.ask = true;
    news.why = "IMDS has not said anything of the NIC " + net::to_string(mac);
  }
  if (!memory->plan.undecided.empty()) {
    if (memory->plan.nics > 1) news = {.why = memory->plan.undecided, .ask = true};
    return news;
  }
  for (const auto& file : memory->plan.files) {
    if (!is_missing(root, file)) continue;
    news.write = true;
    if (news.why.empty()) news.why = file.path + " is not as it is to be";
  }
  const auto stale = find_stale(root, memory->plan);
  if (!stale.empty() && news.why.empty()) news.why = stale.front() + " is not called for any more";
  return news;
}

Result<Said> write_remembered_files(Boot& boot) {
  const auto memory = plan_by_memory(boot.machine.root, boot.config, boot.facts.identity.vm_id);
  if (!memory) return std::unexpected(memory.error());
  const auto applied = write_files(boot, memory->plan);
  return changed(applied.any(), said_of(memory->plan, applied) + ", from what is remembered");
}

Result<Said> tune_links(Boot& boot) {
  const Root& root = boot.machine.root;
  if (!root.live()) return Said{Said::kSkipped, "root tree"};
  // First: a link that comes meanwhile is tuned by one or by both.
  if (auto asked = root.write(kTunedMark, "", {.mode = 0600, .durable = false}); !asked)
    return std::unexpected(std::move(asked.error()));
  const auto links = net::read_sysfs_links(root);
  if (!links) return std::unexpected(links.error());
  const auto roles = net::roles(*links, boot.config.network.synthetic_drivers);
  std::vector<std::string> changes;
  std::size_t nics = 0;
  for (std::size_t i = 0; i < links->size(); ++i) {
    const auto& name = (*links)[i].name;
    if (roles[i] != net::Role::kOther) ++nics;
    const auto tuned = net::tune_link(root, name, roles[i], boot.config.network.tuning);
    for (const auto& error : tuned.refused)
      boot.find(Severity::kNote, Error(error).with_context(name + " is not tuned as asked"),
                "tuning");
    if (!tuned.changes.empty()) changes.push_back(name + ": " + join(tuned.changes, ", "));
  }
  if (nics == 0) return Said{Said::kDone, "no NIC is there yet; udev tunes each as it comes"};
  if (changes.empty()) return Said{Said::kUnchanged, "no link has anything to change"};
  return Said{Said::kDone, join(changes, "; ")};
}

Result<net::Tuned> tune_late_link(const Root& root, int index) {
  const auto config = load_config(root);
  const auto links = net::read_sysfs_links(root);
  if (!links) return std::unexpected(links.error());
  const auto link = std::ranges::find(*links, index, &net::Link::index);
  if (link == links->end())
    return fail(Reason::kInvalidInput, "there is no link " + std::to_string(index));
  const auto role = net::roles(
      *links, config.network.synthetic_drivers)[static_cast<std::size_t>(link - links->begin())];
  return net::tune_link(root, link->name, role, config.network.tuning);
}

Result<Said> leave_to_link_stage(Boot& boot) {
  if (!boot.machine.root.live())
    return Said{Said::kSkipped,
                "root tree: run --stage=link does it (" + boot.network_news.why + ")"};
  const std::string unit = "azl-provision-link@boot.service";
  auto started = boot.tools->run({.argv = {"systemctl", "start", "--no-block", unit}},
                                 Deadline(boot.machine.clock, kBusTime));
  if (!started) return std::unexpected(std::move(started.error()));
  return Said{Said::kDone, unit + " is started: " + boot.network_news.why};
}

Result<Said> wait_for_link_lease(Boot& boot) {
  if (boot.network_news.ask) return wait_for_lease(boot);
  if (auto read = read_links(boot); !read) return std::unexpected(std::move(read.error()));
  return Said{Said::kSkipped, "IMDS need not be asked"};
}

Result<Said> ask_for_links(Boot& boot) {
  if (!boot.network_news.ask) return Said{Said::kSkipped, "all NICs are known"};
  return ask_imds(boot);
}

Result<Said> configure_network(Boot& boot) {
  if (boot.facts.network.links.empty())
    return Said{Said::kSkipped, boot.machine.root.live() ? "the links could not be read"
                                                         : "root tree without links"};
  if (boot.stage == Stage::kLink) {
    boot.facts.has_networkd = has_networkd(boot.machine.root);
    decide_network(boot.facts, boot.config, boot.plan);
    for (const auto& [severity, error] : boot.plan.findings) boot.find(severity, error, "network");
  }
  const auto& plan = boot.plan.network;
  if (!boot.facts.has_networkd) return Said{Said::kSkipped, "systemd-networkd is not enabled here"};
  if (boot.stage == Stage::kMain && boot.facts.imds_error && plan.nics > 1)
    boot.network_news = {.why = "IMDS has not said anything of them", .ask = true};
  if (!plan.undecided.empty()) return Said{Said::kSkipped, plan.undecided};
  auto applied = write_files(boot, plan);
  remove_stale(boot, plan, applied);
  auto said = said_of(plan, applied);
  if (applied.any()) said += "; " + let_networkd_read(boot);
  remember_network(boot, plan);
  return changed(applied.any(), said);
}

}  // namespace azl::provision
