#include "provision/engine/stage_run.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/apply/network_files.h"
#include "provision/custom_data/run/phase.h"
#include "provision/disks/hotplug.h"
#include "provision/disks/look.h"
#include "provision/engine/cloud_init_files.h"
#include "provision/engine/custom_data_disks.h"
#include "provision/engine/gate.h"
#include "provision/engine/preprovisioned_steps.h"
#include "provision/engine/run_data.h"
#include "provision/engine/stage_lock.h"
#include "provision/engine/step_conditions.h"
#include "provision/gather/attested.h"
#include "provision/gather/documents.h"
#include "provision/gather/links.h"
#include "provision/gather/other_agents.h"
#include "provision/gather/tree.h"
#include "provision/gather/udev.h"
#include "provision/store/disks.h"
#include "provision/tell/console.h"
#include "provision/tell/debug_log.h"
#include "provision/tell/failure_details.h"
#include "provision/tell/journal.h"
#include "provision/tell/ready_notice.h"
#include "provision/tell/service_status.h"

namespace azl::provision {
namespace {

/// For a serial line of 9600 baud to take most of the details of a failure.
constexpr Duration kDetailsPatience = std::chrono::seconds(5);
constexpr int kMostReplacements = 3;  // of a late disk by another one with its name

void print_error(const Error& error) {
  std::fprintf(stderr, "azl-provision: %s\n", printable_line(error.to_string()).c_str());
}

/// Keeps /run's copy of the record current, so that --report works while a stage runs and after it
/// was killed.
class LiveRecord final : public StepObserver {
 public:
  LiveRecord(StageRun& run, StepObserver& next) : run_(run), next_(next) {
    run.recorder.set_observer([this] { write(); });
  }
  void on_begin(const StepRecord& step) override {
    write();
    next_.on_begin(step);
  }
  void on_end(const StepRecord& step) override {
    if (run_.context.root().live()) send_to_journal(run_.record, step);
    next_.on_end(step);
  }
  /// A failure does not matter to the stage: the report of a running stage is a convenience.
  /// Written atomically, because somebody may read it at any time.
  void write() const {
    (void)write_running_record(run_.context.root(), run_.record);
    if (run_.context.root().live())
      notify_service_manager(describe_service_status(
          run_.record, run_.context.machine.clock.now().time_since_epoch().count()));
  }

 private:
  const StageRun& run_;
  StepObserver& next_;
};

/// Whether the state is that of this VM.
bool is_ours(const State& state, const Gate& gate) {
  return !state.vm_id.empty() && imds::same_vm(state.vm_id, gate.identity.vm_id);
}

// Prepare: what is known before it is clear whether there is anything to do.

/// What a run of a stage starts from.
struct Prepared {
  Result<UniqueFd> lock;
  Result<State> state;
  Config config;
  DisksOfCustomData disks;  ///< of stage disks
  std::string late_disk;    ///< empty: the run is for all disks
  bool left = false;        ///< a run of this stage was killed on this boot
};

Prepared prepare(Stage stage, const Machine& machine, const Gate& gate, const RunOptions& options,
                 const Config& config) {
  const Root& root = machine.root;
  auto lock = lock_stage(root, stage, machine.clock);
  if (!lock) print_error(lock.error());
  // Under the lock: a run that was waited for may have settled it.
  auto state = load_state(root);
  if (state && state->take_next_id(gate.identity.vm_id) && lock) {
    if (const auto saved = save_state(root, *state); !saved) print_error(saved.error());
  }
  if (state) state->forget_untold_of_others(gate.identity.vm_id);
  const bool left = root.exists(running_record_path(stage));
  Prepared prepared{.lock = std::move(lock),
                    .state = std::move(state),
                    .config = config,
                    .disks = {},
                    // What a killed run left undone is for all disks.
                    .late_disk = left ? std::string() : options.late_disk,
                    .left = left};
  if (stage == Stage::kDisks && root.live() && prepared.lock) {
    prepared.disks = decide_disks_of_custom_data(
        root, prepared.state ? find_main_stage(*prepared.state, gate.identity.vm_id) : MainStage{},
        gate.identity.vm_id, prepared.late_disk.empty());
    prepared.config.disk = add_custom_data(config.disk, prepared.disks);
  }
  return prepared;
}

/// Whether the main stage of this boot was killed, and no run has closed the machine since.
bool needs_closing(const Root& root) {
  return has_unfinished_record(root, Stage::kMain) &&
         !has_record(root, boot_id_of(root), Stage::kClose);
}

/// Returns the status with which a run for a disk that came late ends if there is nothing to look
/// at.
std::optional<int> find_late_disk_end(const Root& root, const std::string& late_disk) {
  const auto shown = printable(late_disk);
  if (late_disk.empty()) return std::nullopt;
  if (!root.exists("/sys/block/" + late_disk)) {
    std::fprintf(stderr, "azl-provision: there is no disk %s\n", shown.c_str());
    return kExitNotHere;
  }
  if (!was_disk_seen(root, late_disk)) return std::nullopt;
  // Only a person needs to know: udev starts a run for each disk of every boot.
  if (::isatty(STDOUT_FILENO) != 0)
    std::printf("%s was looked at on this boot; without --disk, all disks are looked at again\n",
                shown.c_str());
  return kExitDone;
}

/// Returns the status with which a run ends before it looks at anything, or nullopt if it goes on.
std::optional<int> find_early_end(Stage stage, const Root& root, const Prepared& prepared) {
  // Another run of the stage does the work. Without a lock file nothing else can be written either:
  // the main stage tells the platform so.
  if (!prepared.lock &&
      (prepared.lock.error().reason() == Reason::kLocked || stage != Stage::kMain))
    return kExitFailed;
  if (stage == Stage::kClose && !needs_closing(root)) return kExitDone;
  if (stage == Stage::kDisks && !prepared.config.disk.any()) return kExitDone;
  return stage == Stage::kDisks ? find_late_disk_end(root, prepared.late_disk) : std::nullopt;
}

// Choose: what there is to do.

/// What has changed in the network of a VM that is provisioned.
NetworkNews find_network_news(Stage stage, const Machine& machine, const Config& config,
                              const State& state, bool ours) {
  const Root& root = machine.root;
  if (!ours || !state.provisioned) return {};
  if (stage != Stage::kLocal && stage != Stage::kMain && stage != Stage::kLink) return {};
  if (stage == Stage::kMain) announce_link_look(root);
  // udev starts this stage for the first of several NICs that appear together.
  if (stage == Stage::kLink && root.live()) (void)settle_devices(machine.processes, machine.clock);
  auto news = look_for_network_news(root, config, state);
  // Before the network is up, only what is remembered can be written.
  return stage == Stage::kLocal && !news.write ? NetworkNews{} : news;
}

/// The disks as they are, what earlier runs of this boot recorded of them, and what there is to do.
DisksRun look_for_disks_news(const Machine& machine, const Config& config,
                             const std::string& late_disk) {
  auto disks = continue_from(read_earlier_runs(machine.root), late_disk,
                             look_at_disks(machine, config, DiskReading::kSettleAndAnnounce));
  save_seen_disks(machine.root, disks);
  return disks;
}

struct Chosen {
  Work work = Work::kNothing;
  NetworkNews network = {};
  DisksRun disks = {};
};

Chosen choose(Stage stage, const Machine& machine, const Gate& gate, const Prepared& prepared) {
  const State none;
  const State& state = prepared.state ? *prepared.state : none;
  const bool ours = is_ours(state, gate);
  Chosen choice{.network = find_network_news(stage, machine, prepared.config, state, ours)};
  if (stage == Stage::kDisks) {
    choice.disks = look_for_disks_news(machine, prepared.config, prepared.late_disk);
    std::ranges::move(errors_of(prepared.disks), std::back_inserter(choice.disks.read_errors));
  }
  choice.work =
      choose_work({.stage = stage,
                   .state_readable = prepared.state.has_value(),
                   .provisioned = ours && state.provisioned,
                   .lacks_host_keys = ours && prepared.config.ssh.replace_host_keys &&
                                      !state.missing_host_keys.empty(),
                   .untold = state.untold.has_value(),
                   .network_news = choice.network.any(),
                   .tunes_links = stage == Stage::kLocal && prepared.config.network.tuning.any(),
                   .disks_told = !choice.disks.earlier_disks.empty(),
                   .disks_known = choice.disks.all_recorded() && !prepared.disks.was_undecided,
                   .disks_idle = choice.disks.is_idle(),
                   .attested_due = is_attested_due(machine.root),
                   .custom_data_due = custom_data::is_due_in(stage, machine.root, gate.identity),
                   .left = prepared.left});
  return choice;
}

/// Ends a run that has nothing to do.
int end_idle_run(const Root& root, const State& state, DisksRun& disks) {
  // A run with work to do records this as well. If writing fails, the history stays as it was.
  (void)mark_failed_and_save(root, disks.facts.history, disks.untouched_disks());
  return state.provisioned && state.provisioned->degraded ? kExitDegraded : kExitDone;
}

// Execute.

StageRecord begin_record(Stage stage, const Machine& machine, const Gate& gate,
                         const DisksRun& disks) {
  const Root& root = machine.root;
  StageRecord record;
  record.agent = "azl-provision/" AZL_VERSION;
  record.stage = stage;
  record.boot_id = boot_id_of(root);
  record.vm_id = gate.identity.vm_id;
  record.root = root.directory();
  record.started = iso8601(machine.clock.wall(), true);
  record.sequence = next_sequence(root);
  record.since_boot_us = root.live() ? machine.clock.now().time_since_epoch().count() : 0;
  record.findings = disks.earlier_findings;
  return record;
}

/// Adds to the facts what is known without asking anybody.
Result<void> take_known_facts(StageRun& run, Prepared& prepared, const RunOptions& options) {
  const Root& root = run.context.root();
  auto& facts = run.facts;
  if (prepared.state) {
    facts.state = *prepared.state;
    run.state = std::move(*prepared.state);
  } else {
    // Goes on as if nothing were known: it is better to provision twice than never.
    run.recorder.enter("state");
    run.recorder.record_finding(Severity::kDegraded, prepared.state.error());
    facts.state_unreadable = true;
  }
  auto records = find_other_records(root, run.identity.vm_id);
  facts.provisioned_by = std::move(records.of_this_vm);
  facts.earlier_record = std::move(records.of_another_vm);
  if (run.context.stage == Stage::kMain && run.is_new_vm()) take_pool_marker(run);
  if (!options.links_file.empty()) OR_RETURN(read_links_document(options.links_file, facts));
  auto known = load_known_network(root, run.identity.vm_id);
  if (known) {
    facts.known_network = std::move(*known);
  } else {
    run.recorder.enter("network");
    run.recorder.record_finding(Severity::kNote,
                                std::move(known.error())
                                    .with_cause(Cause::kStateDamaged)
                                    .with_context("the stored description of the NICs is lost"));
  }
  return {};
}

void fail_without_lock(StageRun& run, const Error& error) {
  run.recorder.enter("lock");
  // For the plan by which the machine is closed. It uses what could be read.
  if (auto gathered = gather_tree(run.context.root(), run.config, run.facts); !gathered)
    run.recorder.record_finding(Severity::kDegraded, gathered.error());
  run.fail(error);
}

/// Goes on with the record of a killed run, if this run does only the rest: the record has to tell
/// the whole.
void take_over_record(StageRun& run, const LiveRecord& live) {
  if (run.is_new_vm() || run.context.stage == Stage::kDisks) return;  // these begin anew
  if (auto earlier = interrupted_record(run.context.root(), run.record))
    run.recorder.take_over(std::move(*earlier));
  // Also over what is left of a record that was being written.
  live.write();
}

// Finish.

std::int64_t micros(const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; }

/// Adds what this process has used to what a killed run had used.
void record_usage(StageRecord& record) {
  rusage own{};
  rusage children{};
  ::getrusage(RUSAGE_SELF, &own);
  ::getrusage(RUSAGE_CHILDREN, &children);
  record.cpu_us += micros(own.ru_utime) + micros(own.ru_stime);
  record.children_cpu_us += micros(children.ru_utime) + micros(children.ru_stime);
  record.max_rss_kib = std::max<std::int64_t>(record.max_rss_kib, own.ru_maxrss);
}

/// Records the outcome. Returns the exit status: a VM that was provisioned with warnings keeps
/// them.
int record_outcome(StageRun& run) {
  const bool failed = run.progress.failure.has_value();
  const bool degraded = run.recorder.degraded();
  const bool was_degraded = run.facts.is_provisioned() && run.facts.state.provisioned->degraded;
  run.record.outcome = failed     ? StageOutcome::kFailed
                       : degraded ? StageOutcome::kDegraded
                                  : StageOutcome::kReady;
  run.record.exit_status = failed                     ? kExitFailed
                           : degraded || was_degraded ? kExitDegraded
                                                      : kExitDone;
  return run.record.exit_status;
}

/// Saves the record, or keeps it in /run if that fails. Returns the exit status: a record that
/// could not be saved is a warning.
int keep_record(StageRun& run, int status) {
  const Root& root = run.context.root();
  const auto stage = run.context.stage;
  const auto saved = save_record(root, run.record, run.config.report.keep_boots);
  if (!saved) print_error(saved.error());
  // An error of save_record may also mean that the records of an old boot could not be removed.
  const auto kept = kept_record(root, run.record.boot_id, stage);
  if (saved || (kept && kept->sequence == run.record.sequence)) {
    if (const auto removed = root.remove(running_record_path(stage)); !removed)
      print_error(removed.error());
    return status;
  }
  run.recorder.enter("record");
  run.recorder.record_finding(Severity::kDegraded, saved.error());
  status = record_outcome(run);
  if (const auto in_run = keep_in_run(root, run.record); !in_run) print_error(in_run.error());
  return status;
}

/// Prints the outcome on the console, and after a failure what an engineer needs beside the report.
/// The record is saved already, so what the details run goes through `machine`, which records
/// nothing.
void tell_console(const StageRun& run, const Machine& machine) {
  if (const auto written = write_to_console(describe_outcome(run.record)); !written)
    return print_error(written.error());
  if (run.record.outcome != StageOutcome::kFailed) return;
  const auto details = gather_details(machine.root, machine.processes, machine.clock);
  if (const auto written =
          write_to_console(join(describe_details(details), "\r\n"), kDetailsPatience);
      !written)
    print_error(written.error());
}

int finish(StageRun& run, const Machine& machine, SteadyTime began) {
  run.host_keys.reset();
  run.recorder.enter("written");
  run.save_written();
  int status = record_outcome(run);
  const auto elapsed = (run.context.machine.clock.now() - began).count();
  run.record.took_us = std::max<std::int64_t>(elapsed, end_of(run.record).count());
  record_usage(run.record);
  const Root& root = run.context.root();
  const auto stage = run.context.stage;
  status = keep_record(run, status);
  // This run replaces the outcome that stage close recorded after a killed run.
  if (stage == Stage::kMain) (void)forget_record(root, run.record.boot_id, Stage::kClose);
  if (!root.live()) return status;
  send_to_journal(run.record, run.disks.earlier_findings.size());
  const bool tells = stage == Stage::kMain || stage == Stage::kReport || stage == Stage::kClose;
  if (run.config.report.console && tells) tell_console(run, machine);
  return status;
}

int run_one_stage(Stage stage, const Machine& machine, const Gate& gate, const RunOptions& options,
                  const Config& config, StepObserver& observer) {
  if (custom_data::phase_of(stage) && !custom_data::is_due_in(stage, machine.root, gate.identity))
    return kExitDone;
  auto prepared = prepare(stage, machine, gate, options, config);
  if (const auto status = find_early_end(stage, machine.root, prepared)) return *status;
  auto choice = choose(stage, machine, gate, prepared);
  if (choice.work == Work::kNothing)
    return end_idle_run(machine.root, *prepared.state, choice.disks);

  StageRun run(machine, {.stage = stage,
                         .config = std::move(prepared.config),
                         .identity = gate.identity,
                         .record = begin_record(stage, machine, gate, choice.disks),
                         .resumed = prepared.left || stage == Stage::kClose});
  run.network_news = std::move(choice.network);
  run.disks = std::move(choice.disks);
  if (const auto taken = take_known_facts(run, prepared, options); !taken) {
    print_error(taken.error());
    return kExitFailed;
  }
  if (!prepared.lock) fail_without_lock(run, prepared.lock.error());
  LiveRecord live(run, observer);
  if (prepared.left) take_over_record(run, live);
  const auto began = machine.clock.now();
  if (choice.work == Work::kSteps) run_steps(run, live);
  keep_variables(run);
  return finish(run, machine, began);
}

int run_stage(Stage stage, const Machine& machine, const Gate& gate, const RunOptions& options,
              const Config& config, StepObserver& observer) {
  const CloudInitFiles files(config, machine, gate, stage);
  files.begin();
  const int status = run_one_stage(stage, machine, gate, options, config, observer);
  files.end(status);
  return status;
}

/// Starts the log for debugging. If that fails, the run goes on without it.
std::unique_ptr<LogWriter> start_log(const Root& root, const Gate& gate, const RunOptions& options,
                                     const Config& config) {
  auto log = start_debug_log(root, {.asked = options.log_level,
                                    .kernel_command_line = gate.kernel_command_line,
                                    .configured = config.report.log_level});
  if (log) return std::move(*log);
  print_error(log.error());
  return nullptr;
}

/// The worse of two exit statuses.
int worse(int one, int other) {
  const auto weight = [](int status) {
    return status == kExitFailed ? 3 : status == kExitDegraded ? 2 : status == kExitDone ? 0 : 1;
  };
  return weight(other) > weight(one) ? other : one;
}

}  // namespace

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
        StepObserver& observer) {
  // Its unit is of Type=notify: systemd has to be told, however the run ends.
  std::optional<ReadyNotice> notice;
  if (options.stages == std::vector{Stage::kCustomDataEarly}) notice.emplace();
  const auto root = Root::open(options.root);
  if (!root) {
    print_error(root.error());
    return kExitFailed;
  }
  const auto gate = check_gate(*root);
  if (!gate.open) {
    std::fprintf(stderr, "azl-provision: %s\n", printable_line(gate.why).c_str());
    return gate.exit_status;
  }
  if (::geteuid() != 0) {
    std::fprintf(stderr, "azl-provision: only root can provision a machine; run it with sudo\n");
    return kExitFailed;
  }
  auto stages = options.stages;
  if (stages.empty()) {
    stages = {Stage::kLocal, Stage::kMain, Stage::kReport};
    if (root->live()) stages.push_back(Stage::kDisks);  // a tree has no disks of its own
    // Last: its programs may run without end.
    stages.insert(stages.end(), {Stage::kCustomDataEarly, Stage::kCustomData});
  }
  const auto config = effective_config(*root, options);
  if (notice) notice->send_within(config.custom_data.early_timeout);
  const auto log = start_log(*root, gate, options, config);
  const Machine machine{*root, clock, processes, http};
  int status = kExitDone;
  for (const auto stage : stages)
    status = worse(status, run_stage(stage, machine, gate, options, config, observer));
  // Meanwhile another disk may have come under the late one's name. systemd starts nothing for it
  // while this runs.
  for (int i = 0; i < kMostReplacements && stages == std::vector{Stage::kDisks} &&
                  was_replaced(*root, options.late_disk);
       ++i)
    status = worse(status, run_stage(Stage::kDisks, machine, gate, options, config, observer));
  return status;
}

}  // namespace azl::provision
