#include "provision/engine/stage_run.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/apply/network_files.h"
#include "provision/disks/hotplug.h"
#include "provision/disks/look.h"
#include "provision/gather/documents.h"
#include "provision/gather/gather.h"
#include "provision/store/disks.h"
#include "provision/tell/tell.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLockWait = 65min;  // longer than the longest stage, the disks'
constexpr Duration kLockPause = 200ms;
constexpr int kMostSwaps = 3;  // of disks under one name while a run goes on

std::string run_file(std::string_view name) {
  return std::string(kRunDirectory) + "/" + std::string(name);
}

/// The record of a stage that runs, or was killed.
std::string running_record(Stage stage) {
  return run_file(std::string(to_string(stage)) + ".json");
}

/// One stage at a time. The lock goes with the descriptor, so a killed run holds nobody up.
Result<UniqueFd> lock_stage(const Root& root, Stage stage, Clock& clock) {
  if (auto made = root.make_directory(kRunDirectory, {.mode = 0700}); !made)
    return std::unexpected(std::move(made.error()));
  // Closing is for a main stage that is dead.
  const auto whose = stage == Stage::kClose ? Stage::kMain : stage;
  const auto path = run_file(std::string(to_string(whose)) + ".lock");
  auto lock = root.open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!lock) return fail(std::move(lock.error()), "locking the stage");
  const Deadline deadline(clock, kLockWait);
  bool told = false;
  while (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno(errno, "locking " + path);
    const auto holder = root.read(path, 64);
    const auto who = holder && !trim(*holder).empty() ? "process " + std::string(trim(*holder))
                                                      : std::string("another process");
    if (deadline.passed())
      return fail(Reason::kLocked, who + " still runs stage " + std::string(to_string(whose)));
    if (!told)
      std::fprintf(stderr, "azl-provision: waiting for %s, which runs stage %s\n", who.c_str(),
                   std::string(to_string(whose)).c_str());
    told = true;
    clock.sleep(kLockPause);
  }
  // In place: the lock is on this inode.
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock->get(), 0) != 0 || ::pwrite(lock->get(), pid.data(), pid.size(), 0) < 0)
    return fail_errno(errno, "writing " + path);
  return lock;
}

std::int64_t micros(const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; }

void measure(StageRecord& record) {
  rusage own{};
  rusage children{};
  ::getrusage(RUSAGE_SELF, &own);
  ::getrusage(RUSAGE_CHILDREN, &children);
  // Beside what a run that was killed had used.
  record.cpu_us += micros(own.ru_utime) + micros(own.ru_stime);
  record.children_cpu_us += micros(children.ru_utime) + micros(children.ru_stime);
  record.max_rss_kib = std::max<std::int64_t>(record.max_rss_kib, own.ru_maxrss);
}

void record_attempts(const Boot& boot, StageRecord& record) {
  for (const auto& a : boot.attempts) {
    record.attempts.push_back({.endpoint = a.endpoint,
                               .request = a.request,
                               .at = iso8601(a.at, true),
                               .took_us = a.took.count(),
                               .status = a.status,
                               .outcome = a.outcome});
  }
}

void judge(Boot& boot) {
  const bool degraded = std::ranges::any_of(boot.record.findings,
                                            [](const auto& f) { return f.severity == "degraded"; });
  boot.record.outcome = boot.failure ? "failed" : degraded ? "degraded" : "ready";
  // What the VM was provisioned with is still so.
  const bool was_degraded = boot.done_before() && boot.facts.state.provisioned->degraded;
  boot.record.exit_status = boot.failure               ? kExitFailed
                            : degraded || was_degraded ? kExitDegraded
                                                       : kExitDone;
}

StageRecord new_record(Stage stage, const Root& root, const Gate& gate, Clock& clock) {
  StageRecord record;
  record.agent = "azl-provision/" AZL_VERSION;
  record.stage = to_string(stage);
  record.boot_id = boot_id_of(root);
  record.vm_id = gate.identity.vm_id;
  record.root = root.directory();
  record.started = iso8601(clock.wall(), true);
  record.since_boot_us = root.live() ? clock.now().time_since_epoch().count() : 0;
  record.outcome = "running";
  return record;
}

/// Keeps /run's copy of the record current, so that --report can be asked while a stage runs or
/// after it was killed.
class LiveRecord final : public Progress {
 public:
  LiveRecord(const Boot& boot, Progress& next) : boot_(boot), next_(next) {}
  void begin(const StepRecord& step) override {
    write();
    next_.begin(step);
  }
  void write() const {
    // Whole under its name: whoever asks meanwhile must not read half of it. An error is none of
    // the stage's, since the report of one that runs is a convenience.
    (void)boot_.machine.root.write(run_file(boot_.record.stage + ".json"), to_json(boot_.record),
                                   {.mode = 0600, .durable = false});
  }
  void end(const StepRecord& step) override {
    if (boot_.machine.root.live()) tell_journal(boot_.record, step);
    next_.end(step);
  }

 private:
  const Boot& boot_;
  Progress& next_;
};

void finish(Boot& boot, SteadyTime began) {
  boot.host_keys.reset();
  record_attempts(boot, boot.record);
  judge(boot);
  const auto elapsed = (boot.machine.clock.now() - began).count();
  boot.record.took_us = std::max<std::int64_t>(elapsed, end_of(boot.record).count());
  measure(boot.record);
  const Root& root = boot.machine.root;
  if (auto saved = save_record(root, boot.record, boot.config.report.keep_boots); !saved) {
    std::fprintf(stderr, "azl-provision: %s\n", saved.error().to_string().c_str());
  } else if (auto removed = root.remove(run_file(boot.record.stage + ".json")); !removed) {
    std::fprintf(stderr, "azl-provision: %s\n", removed.error().to_string().c_str());
  }
  if (!root.live()) return;
  tell_journal(boot.record, boot.disks.warned.size());
  const bool tells =
      boot.stage == Stage::kMain || boot.stage == Stage::kReport || boot.stage == Stage::kClose;
  if (boot.config.report.console && tells) {
    if (auto told = tell_console(outcome_line(boot.record)); !told)
      std::fprintf(stderr, "azl-provision: %s\n", told.error().to_string().c_str());
  }
}

/// Whether the main stage of this boot was killed, and nobody has closed the machine since.
bool needs_closing(const Root& root) {
  return root.exists(running_record(Stage::kMain)) &&
         !has_record(root, boot_id_of(root), to_string(Stage::kClose));
}

/// Nothing left to do for this stage: no record, no file, no network.
bool settled(const State& state, const Gate& gate, Stage stage, const DisksLook& disks) {
  const bool ours = !state.vm_id.empty() && imds::same_vm(state.vm_id, gate.identity.vm_id);
  if (stage == Stage::kReport) return !state.untold;
  if (stage == Stage::kLink) return true;  // what it is for are news
  // Run again, for a disk that came late.
  if (stage == Stage::kDisks && !disks.told.empty()) return disks.all_told();
  return ours && state.provisioned &&
         (stage == Stage::kLocal || stage == Stage::kDisks || !state.untold);
}

/// What has changed for this stage in the network of a VM that is provisioned.
NetworkNews news_for(Stage stage, const Root& root, const Config& config, const State& state,
                     const Gate& gate) {
  if (stage == Stage::kReport || stage == Stage::kClose || stage == Stage::kDisks ||
      !state.provisioned || !imds::same_vm(state.vm_id, gate.identity.vm_id))
    return {};
  if (stage == Stage::kMain) announce_link_look(root);
  auto news = look_for_network_news(root, config, state);
  // Before the network only what is remembered can be written.
  return stage == Stage::kLocal && !news.write ? NetworkNews{} : news;
}

/// How a run for a disk that came late ends where there is nothing to look at.
std::optional<int> find_early_end(const Root& root, const std::string& late_disk) {
  const auto shown = printable(late_disk);
  if (late_disk.empty()) return std::nullopt;
  if (!root.exists("/sys/block/" + late_disk)) {
    std::fprintf(stderr, "azl-provision: there is no disk %s\n", shown.c_str());
    return kExitNotHere;
  }
  if (!was_disk_seen(root, late_disk)) return std::nullopt;
  // For a person: udev starts a run for each disk of every boot.
  if (::isatty(STDOUT_FILENO) != 0)
    std::printf("%s was looked at on this boot; without --disk, all disks are looked at again\n",
                shown.c_str());
  return kExitDone;
}

/// The disks as they are, what earlier runs of this boot said of them, and what there is to do.
DisksLook look_for_disks_news(const Machine& machine, const Config& config,
                              const std::string& late_disk) {
  auto disks =
      go_on_from(read_earlier_runs(machine.root), late_disk, look_at_disks(machine, config));
  remember_seen_disks(machine.root, disks);
  return disks;
}

/// What the network's steps start from.
Result<void> take_network(Boot& boot, const RunOptions& options) {
  if (!options.links_file.empty()) {
    if (auto taken = take_links_file(options.links_file, boot.facts); !taken) return taken;
  }
  auto known = load_known_network(boot.machine.root, boot.facts.identity.vm_id);
  if (!known) {
    boot.find(Severity::kNote,
              std::move(known.error()).with_context("what was remembered of the NICs is lost"),
              "network");
  } else {
    boot.facts.known_network = std::move(*known);
  }
  return {};
}

int run_stage(Stage stage, const Machine& machine, const Gate& gate, const RunOptions& options,
              Progress& progress) {
  auto lock = lock_stage(machine.root, stage, machine.clock);
  if (!lock) {
    std::fprintf(stderr, "azl-provision: %s\n", lock.error().to_string().c_str());
    // Another run tells of itself. A disk that takes no lock file takes nothing else: that is told.
    if (lock.error().reason() == Reason::kLocked || stage != Stage::kMain) return kExitFailed;
  }
  auto state =
      load_state(machine.root);  // under the lock: a run that was waited for may have settled it
  if (state) state->forget_untold_of_others(gate.identity.vm_id);
  if (stage == Stage::kClose && !needs_closing(machine.root)) return kExitDone;
  auto config = effective_config(machine.root, options);
  auto news = state ? news_for(stage, machine.root, config, *state, gate) : NetworkNews{};
  const bool tunes = stage == Stage::kLocal && config.network.tuning.any();  // nothing of it lasts
  if (stage == Stage::kDisks && !config.disk.any()) return kExitDone;        // and leave no trace
  // By a run that was killed on this boot: at the least its record has to be brought to its end.
  const bool left = machine.root.exists(running_record(stage));
  // What a killed run left undone is for all disks.
  const auto late_disk = left ? std::string() : options.late_disk;
  if (const auto end = find_early_end(machine.root, late_disk)) return *end;
  auto disks =
      stage == Stage::kDisks ? look_for_disks_news(machine, config, late_disk) : DisksLook{};
  const bool nothing_to_do = stage != Stage::kClose && state &&
                             settled(*state, gate, stage, disks) && news.why.empty() && !tunes &&
                             disks.idle();
  if (nothing_to_do && !left) {
    // A run with something to do would remember it, too. What can't be written is as it was.
    (void)leave_disks(machine.root, disks.facts.history, disks.left());
    return state->provisioned && state->provisioned->degraded ? kExitDegraded : kExitDone;
  }
  Boot boot{.machine = machine, .stage = stage};
  boot.config = std::move(config);
  boot.network_news = std::move(news);
  boot.disks = std::move(disks);
  boot.record = new_record(stage, machine.root, gate, machine.clock);
  boot.record.findings = boot.disks.warned;
  boot.facts.identity = gate.identity;
  if (state) {
    boot.facts.state = *state;
    boot.state = std::move(*state);
  } else {
    boot.find(Severity::kDegraded, state.error(),
              "state");  // as if nothing were known: better twice than never
    boot.facts.state_unreadable = true;
  }
  auto records = find_other_records(machine.root, gate.identity.vm_id);
  boot.facts.provisioned_by = std::move(records.of_this_vm);
  boot.facts.earlier_record = std::move(records.of_another_vm);
  if (auto taken = take_network(boot, options); !taken) {
    std::fprintf(stderr, "azl-provision: %s\n", taken.error().to_string().c_str());
    return kExitFailed;
  }
  choose_wireserver(boot);  // by what is known without waiting
  if (!lock) {
    // For the plan by which the machine is closed: what can be read counts.
    if (auto gathered = gather_tree(machine.root, boot.config, boot.facts); !gathered)
      boot.find(Severity::kDegraded, gathered.error(), "lock");
    boot.fail_boot(lock.error(), "lock");
  }
  boot.resumed = left || stage == Stage::kClose;
  LiveRecord live(boot, progress);
  if (left && boot.done_before() && stage != Stage::kDisks) {
    // This run does the rest only, and the record has to tell the whole. Disks are decided on anew.
    if (auto earlier = interrupted_record(machine.root, boot.record))
      boot.record = std::move(*earlier);
    live.write();  // over what is left of one that was being written, too
  }
  const auto began = machine.clock.now();
  if (!nothing_to_do || stage == Stage::kDisks) run_steps(boot, live);
  finish(boot, began);
  // What closed the machine after a killed run is no longer how this boot ended.
  if (stage == Stage::kMain)
    (void)forget_record(machine.root, boot.record.boot_id, to_string(Stage::kClose));
  return boot.record.exit_status;
}

/// The worst of several stages' ends.
int worse(int one, int other) {
  const auto weight = [](int status) {
    return status == kExitFailed ? 3 : status == kExitDegraded ? 2 : status == kExitDone ? 0 : 1;
  };
  return weight(other) > weight(one) ? other : one;
}

}  // namespace

Gate check_gate(const Root& root) {
  Gate gate;
  gate.identity = imds::identify(imds::read_identity_facts(root));
  const auto command_line = root.read_if_exists("/proc/cmdline", 64 << 10);
  const std::string words = command_line && *command_line ? **command_line : std::string();
  if (gate.identity.platform == imds::Platform::kWsl) {
    gate.exit_status = kExitDone;
    gate.why = "not applicable: " + gate.identity.why;
  } else if (gate.identity.platform != imds::Platform::kAzure) {
    gate.why = "nothing to do: " + gate.identity.why;
  } else if (auto off = find_off_switch(root, words); !off.empty()) {
    gate.why = std::move(off);
  } else if (auto rival = find_rival(root, words); !rival.empty()) {
    gate.why = std::move(rival);
  } else {
    gate.open = true;
  }
  return gate;
}

bool ended_by_itself(std::string_view service_result, std::string_view exit_status) {
  return service_result == "success" || (service_result == "signal" && exit_status == "TERM");
}

Config effective_config(const Root& root, const RunOptions& options) {
  auto config = load_config(root);
  if (!options.media.empty()) config.platform.media_path = options.media;
  if (!options.imds_url.empty()) config.platform.imds_url = options.imds_url;
  if (!options.wireserver_url.empty()) config.platform.wireserver_url = options.wireserver_url;
  return config;
}

int run(const RunOptions& options, Clock& clock, Processes& processes, imds::HttpClient& http,
        Progress& progress) {
  auto root = Root::open(options.root);
  if (!root) {
    std::fprintf(stderr, "azl-provision: %s\n", root.error().to_string().c_str());
    return kExitFailed;
  }
  const auto gate = check_gate(*root);
  if (!gate.open) {
    std::fprintf(stderr, "azl-provision: %s\n", gate.why.c_str());
    return gate.exit_status;
  }
  if (::geteuid() != 0) {
    std::fprintf(stderr, "azl-provision: only root can provision a machine; run it by sudo\n");
    return kExitFailed;
  }
  auto stages = options.stages;
  if (stages.empty()) {
    stages = {Stage::kLocal, Stage::kMain, Stage::kReport};
    if (root->live()) stages.push_back(Stage::kDisks);  // a tree has no disks of its own
  }
  int status = kExitDone;
  const Machine machine{*root, clock, processes, http};
  for (const auto stage : stages)
    status = worse(status, run_stage(stage, machine, gate, options, progress));
  // Another disk may have come under its name meanwhile, for which systemd starts nothing while
  // this runs.
  for (int i = 0; i < kMostSwaps && stages == std::vector{Stage::kDisks} &&
                  was_swapped(*root, options.late_disk);
       ++i)
    status = worse(status, run_stage(Stage::kDisks, machine, gate, options, progress));
  return status;
}

}  // namespace azl::provision
