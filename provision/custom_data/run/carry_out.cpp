#include "provision/custom_data/run/carry_out.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/count.h"
#include "base/match.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/custom_data/plan/final_message.h"
#include "provision/custom_data/plan/item_order.h"
#include "provision/custom_data/plan/package_name.h"
#include "provision/custom_data/run/account_items.h"
#include "provision/custom_data/run/apt_sources.h"
#include "provision/custom_data/run/certificates.h"
#include "provision/custom_data/run/disk_items.h"
#include "provision/custom_data/run/file_writer.h"
#include "provision/custom_data/run/folder_programs.h"
#include "provision/custom_data/run/host_name_items.h"
#include "provision/custom_data/run/logged_run.h"
#include "provision/custom_data/run/package_installer.h"
#include "provision/custom_data/run/remark_finding.h"
#include "provision/custom_data/run/repositories.h"
#include "provision/custom_data/run/system_run.h"
#include "provision/custom_data/run/time_and_locale.h"
#include "provision/custom_data/run/time_servers.h"
#include "provision/record/record.h"

namespace azl::provision::custom_data {
namespace {

/// So many files or more are synced together.
constexpr std::size_t kManyFiles = 4;

/// The error of an item: whatever failed, its cure is to do by hand what the item asks for.
Error make_item_error(const Item& item, Error error) {
  if (error.reason() != Reason::kCustomData) {
    const auto chain = error.chain();
    error = Error(Reason::kCustomData, error.cause());
    for (auto i = chain.size() - 1; i-- > 0;) error = std::move(error).with_context(chain[i]);
  }
  return std::move(error).with_context(describe_place(item.place) + item.id);
}

/// What carrying out an item needs.
struct ItemRun {
  const Context& context;
  const Item& item;
  const StoredItem& stored;
  PhaseRun& phase;
  Recorder& recorder;
  std::function<Result<void>()> begin;  ///< called before what is_start_recorded()
  const WhileRunning& while_running;
  StopSignal& stop;
  const AccountRun& accounts;
  UnsyncedFiles* unsynced = nullptr;  ///< not null: files are synced later
};

/// How an item was carried out.
struct ItemEnd {
  bool skipped = false;
  bool stopped = false;  ///< the agent is to stop while it is carried out
  std::string why;
};

/// Runs a script to its end, with lines before and after it in the log.
Result<ProgramEnd> run_logged_script(const ItemRun& run, const RunScript& script) {
  return run_logged({.context = run.context,
                     .name = run.item.id,
                     .begin = run.begin,
                     .while_running = run.while_running,
                     .stop = run.stop},
                    [&](OutputLog& log, const ProgramRun& program) {
                      return run_script(run.context.root(), script, log, program);
                    });
}

Result<ItemEnd> run_program(const ItemRun& run, const RunScript& script) {
  const auto end = OR_RETURN(run_logged_script(run, script));
  auto how = describe_logged_end(end);
  if (end.running) return ItemEnd{.stopped = true, .why = std::move(how)};
  if (end.is_good()) return ItemEnd{.why = std::move(how)};
  return fail(Cause::kCustomDataProgram, how + "; its output is in " + std::string(kOutputLog));
}

/// Has the machine go down when everything is recorded.
void plan_shutdown(const ItemRun& run, Shutdown shutdown) {
  // Only a run that comes after a killed one needs the file.
  (void)keep_shutdown(run.context.root(), shutdown);
  run.phase.shutdown = std::move(shutdown);
}

/// Decides whether the machine goes down, which it does when everything is recorded.
Result<ItemEnd> change_power(const ItemRun& run, const ChangePower& power) {
  const std::string mode(to_string(power.mode));
  if (power.condition.empty()) {
    OR_RETURN(run.begin());
  } else {
    const RunScript condition{.name = "power_state", .text = power.condition.clone()};
    const auto end = OR_RETURN(run_logged_script(run, condition), "running the condition");
    auto how = "the condition " + describe_end(end);
    if (end.running) return ItemEnd{.stopped = true, .why = std::move(how)};
    if (end.signal == 0 && end.status == 1) return ItemEnd{.why = how + ": no " + mode};
    if (!end.is_good())
      return fail(Cause::kCustomDataProgram, how + ", which is neither 0 nor 1: no " + mode +
                                                 "; its output is in " + std::string(kOutputLog));
  }
  plan_shutdown(run, {.mode = power.mode,
                      .minutes = power.minutes,
                      .message = power.message,
                      .why = "power_state asks for it"});
  return ItemEnd{.why = mode + " when everything is recorded"};
}

/// Prints the message where people may look. A line that the console does not take is in the log.
Result<ItemEnd> print_message(const ItemRun& run, const PrintMessage& message) {
  const auto& clock = run.context.machine.clock;
  auto log = OR_RETURN(OutputLog::open(run.context.root()), "opening " + std::string(kOutputLog));
  const auto text = render_final_message(
      message.text.reveal(),
      {.uptime = clock.now().time_since_epoch(), .now = clock.wall(), .version = AZL_VERSION});
  log.tell(clock.wall(), run.item.id + " begins");
  log.write_line(text);
  log.tell(clock.wall(), run.item.id + ": printed");
  for (const auto line : split(trim(text), '\n')) {
    if (run.phase.print) (void)run.phase.print(printable_line(line));
  }
  return ItemEnd{.why = "printed in " + std::string(kOutputLog) +
                        (run.phase.print ? " and on the console" : "")};
}

/// Installs packages. The last problem is the error, the others become findings.
Result<ItemEnd> install(const ItemRun& run, const InstallPackages& packages) {
  const auto& context = run.context;
  // An address may contain a password, which the package manager prints if it fails.
  auto log = OR_RETURN(OutputLog::open(context.root(), !has_address(packages.names)),
                       "opening " + std::string(kOutputLog));
  OR_RETURN(run.begin());
  auto end = install_packages(packages, {.root = context.root(),
                                         .clock = context.machine.clock,
                                         .processes = context.machine.processes,
                                         .instance_id = imds::instance_id(context.identity),
                                         .log = log,
                                         .while_running = run.while_running,
                                         .stop = run.stop,
                                         .again = run.stored.begun > 1});
  if (end.reboot_required) plan_shutdown(run, reboot_for_packages());
  if (end.stopped)
    return ItemEnd{.stopped = true,
                   .why = std::string("azl-provision was stopped, as at a shutdown; it is ") +
                          (run.stored.begun > 1 ? "not begun again" : "begun once more")};
  if (end.problems.empty()) return ItemEnd{.why = std::move(end.what)};
  auto last = std::move(end.problems.back());
  end.problems.pop_back();
  for (auto& problem : end.problems)
    run.recorder.record_finding(Severity::kDegraded, make_item_error(run.item, std::move(problem)));
  return std::unexpected(std::move(last));
}

template <class Action>
Result<ItemEnd> change_accounts(const ItemRun& run,
                                Result<std::string> (*change)(const AccountRun&, const Action&),
                                const Action& action) {
  if (is_start_recorded(run.item)) OR_RETURN(run.begin());
  return ItemEnd{.why = OR_RETURN(change(run.accounts, action))};
}

template <class Action>
Result<ItemEnd> change_system(const ItemRun& run,
                              Result<std::string> (*change)(const SystemRun&, const Action&),
                              const Action& action) {
  if (is_start_recorded(run.item)) OR_RETURN(run.begin());
  return ItemEnd{.why = OR_RETURN(change({.context = run.context,
                                          .primary_link = run.phase.primary_link,
                                          .recorder = run.recorder},
                                         action))};
}

Result<ItemEnd> carry_out_item(const ItemRun& run) {
  if (is_for_apt(run.item) && !has_apt(run.context.root()))
    return ItemEnd{.skipped = true, .why = "this system has no apt"};
  return match(
      run.item.action,
      [&](const WriteFile& file) -> Result<ItemEnd> {
        if (is_start_recorded(run.item)) OR_RETURN(run.begin());
        return ItemEnd{.why = "wrote " + printable(OR_RETURN(
                                             write_file(run.context.root(), file, run.unsynced)))};
      },
      [&](const RunScript& script) { return run_program(run, script); },
      [&](const InstallPackages& packages) { return install(run, packages); },
      [&](const MakeGroup& group) { return change_accounts(run, make_group, group); },
      [&](const MakeUser& user) { return change_accounts(run, make_user, user); },
      [&](const AddSshKeys& keys) { return change_accounts(run, add_ssh_keys, keys); },
      [&](const AllowRootLogin& login) { return change_accounts(run, allow_root_login, login); },
      [&](const SetPasswordLogins& logins) {
        return change_accounts(run, set_password_logins, logins);
      },
      [&](const SetPassword& password) { return change_accounts(run, set_password, password); },
      [&](const SetHostName& name) { return change_system(run, set_host_name, name); },
      [&](const WriteHosts& hosts) { return change_system(run, write_hosts, hosts); },
      [&](const SetTimeZone& zone) { return change_system(run, set_time_zone, zone); },
      [&](const SetLocale& locale) { return change_system(run, set_locale, locale); },
      [&](const AddRepository& repository) {
        return change_system(run, add_repository, repository);
      },
      [&](const AddAptSource& source) { return change_system(run, add_apt_source, source); },
      [&](const AddAptConfiguration& configuration) {
        return change_system(run, add_apt_configuration, configuration);
      },
      [&](const TrustCertificates& trust) { return change_system(run, trust_certificates, trust); },
      [&](const SetTimeServers& servers) { return change_system(run, set_time_servers, servers); },
      [&](const SetUpDisks& disks) { return change_system(run, set_up_disks, disks); },
      [&](const AddMount& mount) { return change_system(run, add_mount, mount); },
      [&](const MakeSwapFile& swap) { return change_system(run, make_swap_file, swap); },
      [&](const PrintMessage& message) { return print_message(run, message); },
      [&](const ChangePower& power) { return change_power(run, power); });
}

void record_end(const Context& context, PhaseRun& run, std::size_t index, Recorder& recorder) {
  const auto& root = context.root();
  if (auto marked = mark_ended(root, run.stored, index, boot_id_of(root)); !marked)
    recorder.record_finding(Severity::kDegraded, make_item_error(run.stored.items[index].item,
                                                                 std::move(marked.error())));
}

/// Carries out one item and records that it began and ended. An item that could not begin stays
/// due. The end of one that is not synced yet is not recorded.
Result<ItemEnd> carry_out_recorded(const Context& context, PhaseRun& run, std::size_t index,
                                   Recorder& recorder, const WhileRunning& while_running,
                                   StopSignal& stop, UnsyncedFiles* unsynced) {
  const auto& root = context.root();
  const auto boot_id = boot_id_of(root);
  const auto& stored = run.stored.items[index];
  if (stored.state == ItemState::kBegun && !is_repeatable(stored.item))
    return fail(Cause::kCustomDataInterrupted,
                "it was begun before and did not end; it is not begun again");
  if (stored.state == ItemState::kBegun && stored.begun > 1) {
    // Perhaps it is what stops the machine.
    OR_RETURN(mark_ended(root, run.stored, index, boot_id));
    return fail(Cause::kCustomDataInterrupted,
                "it was begun twice before and did not end; it is not begun again");
  }
  if (!is_for_tree(stored.item) && !root.live())
    return ItemEnd{.skipped = true, .why = "root tree: it is due when the tree boots"};
  const AccountRun accounts{.context = context,
                            .azure_user = run.stored.azure_user,
                            .azure_password = run.stored.azure_password,
                            .recorder = recorder,
                            .print = run.print};
  auto end = carry_out_item({.context = context,
                             .item = stored.item,
                             .stored = stored,
                             .phase = run,
                             .recorder = recorder,
                             .begin = [&] { return mark_begun(root, run.stored, index, boot_id); },
                             .while_running = while_running,
                             .stop = stop,
                             .accounts = accounts,
                             .unsynced = unsynced});
  // Disks that were not set up are tried once more on the next boot.
  const bool is_failed_setup = !end && std::holds_alternative<SetUpDisks>(stored.item.action);
  const bool is_repeated = is_failed_setup || (end && end->stopped && is_repeatable(stored.item));
  const bool has_begun = stored.state == ItemState::kBegun || !is_start_recorded(stored.item);
  const bool is_recorded = unsynced == nullptr && !is_repeated;
  if (is_recorded && (has_begun || (end && end->skipped)))
    record_end(context, run, index, recorder);
  return end;
}

std::string describe_result(const ItemGroup& group, std::size_t files, const ItemEnd& last) {
  if (group.items.size() == 1) return last.why;
  return "wrote " + std::to_string(files) + " files";
}

/// Adds the programs that are due behind the group that looks for them.
StepResult add_programs(const Context& context, PhaseRun& run, Recorder& recorder) {
  auto found = find_programs(context.root(), context.identity);
  for (const auto& error : found.not_executable) recorder.record_finding(Severity::kNote, error);
  for (const auto& error : found.refused) recorder.record_finding(Severity::kDegraded, error);
  // Only tidiness: if it fails, the lines stay.
  if (context.root().live()) (void)forget_other_runs(context.root(), context.identity);
  const auto look = std::ranges::find_if(run.groups, &ItemGroup::looks_for_programs);
  auto index = std::distance(run.groups.begin(), look) + 1;
  for (auto& program : found.due) {
    const auto item = make_order_item(program);
    const auto after =
        std::find_if(run.groups.begin() + index, run.groups.end(), [&](const ItemGroup& group) {
          return comes_before(item, run.stored.items[group.items.front()].item);
        });
    index = std::distance(run.groups.begin(), after) + 1;
    run.groups.insert(
        after, {.name = program.path, .what = describe(program), .program = std::move(program)});
  }
  const auto count = found.due.size();
  return done(describe_count(count, "program") + (count == 1 ? " is due" : " are due"));
}

/// Whether an item is a file that may be written again if a power failure destroys it.
bool is_synced_later(const StoredItem& stored) {
  return std::holds_alternative<WriteFile>(stored.item.action) && !is_start_recorded(stored.item);
}

/// Files of a group that are synced together.
class LateFiles {
 public:
  LateFiles(const Context& context, PhaseRun& run, Recorder& recorder)
      : context_(context), run_(run), recorder_(recorder) {}

  void add(std::size_t index) { written_.push_back(index); }
  [[nodiscard]] UnsyncedFiles& unsynced() { return unsynced_; }
  /// Syncs the files and then records their ends: a later item whose end is recorded durably, such
  /// as text that is appended to one of them, makes these records durable, too.
  [[nodiscard]] Result<void> settle() {
    OR_RETURN(unsynced_.sync());
    for (const auto index : written_) record_end(context_, run_, index, recorder_);
    written_.clear();
    return {};
  }

 private:
  const Context& context_;
  PhaseRun& run_;
  Recorder& recorder_;
  UnsyncedFiles unsynced_;
  std::vector<std::size_t> written_;
};

}  // namespace

StepResult carry_out(const Context& context, PhaseRun& run, const ItemGroup& group,
                     Recorder& recorder, const WhileRunning& while_running, StopSignal& stop) {
  if (group.looks_for_programs) return add_programs(context, run, recorder);
  if (group.program) return run_folder_program(context, *group.program, while_running, stop);
  std::optional<Error> failure;
  ItemEnd last;
  std::size_t carried_out = 0;
  const auto note = [&](Error error) {
    if (failure) recorder.record_finding(Severity::kDegraded, *failure);
    failure = std::move(error);
  };
  LateFiles late(context, run, recorder);
  const auto settle = [&] {
    if (auto settled = late.settle(); !settled) note(std::move(settled.error()));
  };
  const bool many = group.items.size() >= kManyFiles;
  for (const auto index : group.items) {
    const bool is_late = many && is_synced_later(run.stored.items[index]);
    if (is_late)
      late.add(index);
    else
      settle();
    auto end = carry_out_recorded(context, run, index, recorder, while_running, stop,
                                  is_late ? &late.unsynced() : nullptr);
    if (end) {
      last = std::move(*end);
      ++carried_out;
      continue;
    }
    note(make_item_error(run.stored.items[index].item, std::move(end.error())));
  }
  settle();
  if (failure) return std::unexpected(std::move(*failure));
  return StepEnd{last.skipped ? StepOutcome::kSkipped : StepOutcome::kDone,
                 describe_result(group, carried_out, last)};
}

}  // namespace azl::provision::custom_data
