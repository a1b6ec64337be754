#include "provision/custom_data/run/phase.h"

#include <functional>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/match.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/custom_data/plan/custom_data_plan.h"
#include "provision/custom_data/plan/package_name.h"
#include "provision/custom_data/run/file_writer.h"
#include "provision/custom_data/run/package_installer.h"
#include "provision/custom_data/run/remark_finding.h"
#include "provision/custom_data/run/script_runner.h"
#include "provision/record/record.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::size_t kVariablesLimit = std::size_t{8} << 20;
/// A document whose reading ended the agent, or the machine, so often is not read once more.
constexpr std::size_t kReadings = 3;

bool is_file(const StoredItem& stored) {
  return std::holds_alternative<WriteFile>(stored.item.action);
}

void record_remarks(const Remarks& remarks, Recorder& recorder) {
  for (const auto& remark : remarks) {
    const auto finding = make_finding(remark);
    recorder.record_finding(finding.severity, finding.error);
  }
}

/// Makes items of a document and stores them in its place.
Result<StoredItems> read_document(const Context& context, const StoredDocument& document,
                                  Recorder& recorder) {
  if (OR_RETURN(count_reading(context.root())) > kReadings) {
    OR_RETURN(set_aside(context.root()));
    return fail(Cause::kCustomDataInterrupted,
                "reading the document was begun " + std::to_string(kReadings) +
                    " times and never ended, so nothing of it is carried out; it stays in " +
                    std::string(kCustomDataDirectory));
  }
  const auto variables = OR_RETURN(parse_json(document.variables, kVariablesLimit, Reason::kState),
                                   "reading the variables");
  auto plan = make_custom_data_plan(document.bytes.reveal(), variables);
  record_remarks(plan.remarks, recorder);
  StoredItems items = {.vm_id = document.vm_id, .source = document.source, .items = {}};
  for (auto& item : plan.items) items.items.push_back({.item = std::move(item)});
  OR_RETURN(store_items(context.root(), items));
  return items;
}

/// Whether the item is due, or has to be reported because it did not end.
bool is_open(const StoredItem& stored, ItemPhase phase) {
  return stored.item.phase == phase && stored.state != ItemState::kEnded;
}

std::string describe_files(std::size_t count) {
  return "write " + std::to_string(count) + (count == 1 ? " file" : " files");
}

std::string describe_script_end(const ProgramEnd& end) {
  return "it " + describe_end(end) + (end.running ? "; it is not begun again" : "");
}

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
};

/// How an item was carried out.
struct ItemEnd {
  bool skipped = false;
  bool stopped = false;  ///< the agent is to stop while it is carried out
  std::string why;
};

Result<ItemEnd> run_program(const ItemRun& run, const RunScript& script) {
  const auto& context = run.context;
  auto log = OR_RETURN(OutputLog::open(context.root()), "opening " + std::string(kOutputLog));
  const auto tell = [&](const std::string& what) {
    log.tell(context.machine.clock.wall(), run.item.id + what);
  };
  const auto begin = [&]() -> Result<void> {
    OR_RETURN(run.begin());
    tell(" begins");
    return {};
  };
  const auto end = run_script(context.root(), script, log,
                              {.instance_id = imds::instance_id(context.identity),
                               .before_start = begin,
                               .while_running = run.while_running,
                               .stop = run.stop});
  const auto how = end ? describe_script_end(*end) : end.error().to_string();
  tell(": " + how);
  if (!end) return std::unexpected(end.error());
  if (end->running) return ItemEnd{.stopped = true, .why = how};
  if (end->is_good()) return ItemEnd{.why = how};
  return fail(Cause::kCustomDataProgram, how + "; its output is in " + std::string(kOutputLog));
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
  run.phase.reboot_required |= end.reboot_required;
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

Result<ItemEnd> carry_out_item(const ItemRun& run) {
  return match(
      run.item.action,
      [&](const WriteFile& file) -> Result<ItemEnd> {
        if (!is_repeatable(run.item)) OR_RETURN(run.begin());
        return ItemEnd{.why =
                           "wrote " + printable(OR_RETURN(write_file(run.context.root(), file)))};
      },
      [&](const RunScript& script) { return run_program(run, script); },
      [&](const InstallPackages& packages) { return install(run, packages); });
}

/// Carries out one item and records that it began and ended. An item that could not begin stays
/// due.
Result<ItemEnd> carry_out_recorded(const Context& context, PhaseRun& run, std::size_t index,
                                   Recorder& recorder, const WhileRunning& while_running,
                                   StopSignal& stop) {
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
  if (!is_file(stored) && !root.live())
    return ItemEnd{.skipped = true, .why = "root tree: it is due when the tree boots"};
  auto end = carry_out_item({.context = context,
                             .item = stored.item,
                             .stored = stored,
                             .phase = run,
                             .recorder = recorder,
                             .begin = [&] { return mark_begun(root, run.stored, index, boot_id); },
                             .while_running = while_running,
                             .stop = stop});
  const bool is_repeated = end && end->stopped && is_repeatable(stored.item);
  if (!is_repeated && (stored.state == ItemState::kBegun || !is_start_recorded(stored.item))) {
    if (auto marked = mark_ended(root, run.stored, index, boot_id); !marked)
      recorder.record_finding(Severity::kDegraded,
                              make_item_error(stored.item, std::move(marked.error())));
  }
  return end;
}

std::string describe_result(const ItemGroup& group, std::size_t files, const ItemEnd& last) {
  if (group.items.size() == 1) return last.why;
  return "wrote " + std::to_string(files) + " files";
}

}  // namespace

std::optional<ItemPhase> phase_of(Stage stage) {
  if (stage == Stage::kCustomDataEarly) return ItemPhase::kEarly;
  if (stage == Stage::kCustomData) return ItemPhase::kFinal;
  return std::nullopt;
}

bool is_due_in(Stage stage, const Root& root) {
  const auto phase = phase_of(stage);
  return phase && is_due(root, *phase);
}

std::vector<ItemGroup> group_items(const StoredItems& items, ItemPhase phase) {
  std::vector<ItemGroup> groups;
  std::optional<std::size_t> last_file;
  for (std::size_t i = 0; i < items.items.size(); ++i) {
    const auto& stored = items.items[i];
    if (!is_open(stored, phase)) continue;
    if (is_file(stored) && last_file) {
      groups[*last_file].items.push_back(i);
      continue;
    }
    last_file = is_file(stored) ? std::optional(groups.size()) : std::nullopt;
    groups.push_back({.name = is_file(stored) ? "write_files" : stored.item.id,
                      .what = stored.item.what,
                      .items = {i}});
  }
  for (auto& group : groups) {
    if (group.items.size() > 1) group.what = describe_files(group.items.size());
  }
  return groups;
}

namespace {

/// What is stored: items, or a document that has not been read yet, or nothing.
struct Stored {
  std::optional<StoredItems> items;
  std::optional<StoredDocument> document;

  [[nodiscard]] const std::string& vm_id() const { return items ? items->vm_id : document->vm_id; }
};

/// Damaged files are kept, and no later boot tries to read them.
Result<Stored> load(const Root& root) {
  auto items = load_items(root, boot_id_of(root));
  auto document = load_document(root);
  if (items && document) return Stored{std::move(*items), std::move(*document)};
  auto error = items ? std::move(document.error()) : std::move(items.error());
  if (error.reason() == Reason::kState) {
    OR_RETURN(set_aside(root));
    return fail(Cause::kCustomDataDamaged, error.to_string() + "; nothing of it is carried out");
  }
  return std::unexpected(std::move(error));
}

}  // namespace

StepResult take_apart(const Context& context, PhaseRun& run, Recorder& recorder) {
  const auto& root = context.root();
  run.phase = phase_of(context.stage).value_or(ItemPhase::kEarly);
  OR_RETURN(erase_scripts(root));
  auto stored = OR_RETURN(load(root));
  if (!stored.items && !stored.document) {
    OR_RETURN(erase_custom_data(root));
    return skipped("no custom data is due");
  }
  if (!imds::same_vm(stored.vm_id(), context.identity.vm_id)) {
    auto text = "erased the custom data of another VM, " + printable(stored.vm_id());
    OR_RETURN(erase_custom_data(root));
    return done(std::move(text));
  }
  if (!stored.items) stored.items = OR_RETURN(read_document(context, *stored.document, recorder));
  run.stored = std::move(*stored.items);
  run.groups = group_items(run.stored, run.phase);
  const auto count = std::to_string(run.groups.size());
  return done(run.stored.source + ": " + count +
              (run.groups.size() == 1 ? " step is due" : " steps are due"));
}

StepResult carry_out(const Context& context, PhaseRun& run, const ItemGroup& group,
                     Recorder& recorder, const WhileRunning& while_running, StopSignal& stop) {
  std::optional<Error> failure;
  ItemEnd last;
  std::size_t carried_out = 0;
  for (const auto index : group.items) {
    auto end = carry_out_recorded(context, run, index, recorder, while_running, stop);
    if (end) {
      last = std::move(*end);
      ++carried_out;
      continue;
    }
    if (failure) recorder.record_finding(Severity::kDegraded, *failure);
    failure = make_item_error(run.stored.items[index].item, std::move(end.error()));
  }
  if (failure) return std::unexpected(std::move(*failure));
  return StepEnd{last.skipped ? StepOutcome::kSkipped : StepOutcome::kDone,
                 describe_result(group, carried_out, last)};
}

StepResult end_phase(const Context& context, PhaseRun& run) {
  OR_RETURN(erase_ended(context.root(), run.stored, run.phase, boot_id_of(context.root())));
  return done(run.stored.items.empty() ? "erased the custom data, which was carried out"
                                       : "kept what is due later or on each boot");
}

}  // namespace azl::provision::custom_data
