#include "provision/engine/rerun.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "provision/custom_data/run/carry_out.h"
#include "provision/custom_data/run/phase.h"
#include "provision/custom_data/run/shutdown.h"
#include "provision/engine/custom_data_steps.h"
#include "provision/engine/run_data.h"
#include "provision/engine/stage_lock.h"
#include "provision/engine/step_runner.h"

namespace azl::provision {
namespace {

using custom_data::FolderProgram;
using custom_data::ItemGroup;
using custom_data::ItemPhase;
using custom_data::StoredItems;

class NoObserver final : public StepObserver {
 public:
  void on_begin(const StepRecord& /*step*/) override {}
  void on_end(const StepRecord& /*step*/) override {}
};

Stage stage_of(ItemPhase phase) {
  return phase == ItemPhase::kEarly ? Stage::kCustomDataEarly : Stage::kCustomData;
}

/// What is to be carried out.
struct Wanted {
  Stage stage = Stage::kCustomData;
  StoredItems stored = {};
  ItemGroup group = {};
};

Result<std::optional<Wanted>> find_program_of_image(const Root& root, const Gate& gate,
                                                    const std::string& path) {
  auto found = custom_data::find_programs(root, gate.identity, custom_data::WhichPrograms::kAll);
  const auto names_path = [&](const Error& error) {
    return error.to_string().starts_with(path + " ");
  };
  for (auto* errors : {&found.refused, &found.not_executable}) {
    const auto error = std::ranges::find_if(*errors, names_path);
    if (error != errors->end()) return std::unexpected(std::move(*error));
  }
  const auto program = std::ranges::find(found.due, path, &FolderProgram::path);
  if (program == found.due.end()) return std::nullopt;
  program->interrupted = false;
  return Wanted{.group = {.name = path, .what = describe(*program), .program = *program}};
}

Result<std::optional<Wanted>> find_wanted(const Root& root, const Gate& gate,
                                          const std::string& id) {
  if (id.starts_with('/')) return find_program_of_image(root, gate, id);
  auto stored = OR_RETURN(custom_data::load_items(root, boot_id_of(root)));
  if (!stored) return std::nullopt;
  if (!imds::same_vm(stored->vm_id, gate.identity.vm_id))
    return fail(Reason::kUsage, "the stored custom data is of another VM");
  const auto item = std::ranges::find(stored->items, id, [](const custom_data::StoredItem& each) {
    return std::string_view(each.item.id);
  });
  if (item == stored->items.end()) return std::nullopt;
  // Whatever was recorded: a person asks for it.
  item->state = custom_data::ItemState::kDue;
  item->begun = 0;
  Wanted wanted{.stage = stage_of(item->item.phase)};
  wanted.group = {.name = item->item.id,
                  .what = item->item.what,
                  .items = {static_cast<std::size_t>(std::distance(stored->items.begin(), item))}};
  wanted.stored = std::move(*stored);
  return wanted;
}

void carry_out_steps(StageRun& run, const ItemGroup& group) {
  NoObserver observer;
  const custom_data::WhileRunning nothing = [] {};
  run_step(run, observer, {.name = group.name, .what = group.what, .run = [&] {
                             return custom_data::carry_out(run.context, run.custom_data, group,
                                                           run.recorder, nothing, *run.stop_signal);
                           }});
  const auto& shutdown = run.custom_data.shutdown;
  if (!shutdown || run.stop_signal->came()) return;
  run_step(run, observer,
           {.name = group.name, .what = custom_data::describe(*shutdown), .run = [&] {
              return custom_data::schedule_shutdown(run.context, *shutdown);
            }});
}

}  // namespace

Result<RerunEnd> rerun_item(const Machine& machine, const Gate& gate, const Config& config,
                            const std::string& id) {
  auto wanted = OR_RETURN(find_wanted(machine.root, gate, id));
  if (!wanted) return RerunEnd{};
  const auto stage = wanted->stage;
  const auto lock = OR_RETURN(lock_stage(machine.root, stage, machine.clock));
  // The stage may have carried it out, and erased it, while this waited.
  wanted = OR_RETURN(find_wanted(machine.root, gate, id));
  if (!wanted) return RerunEnd{};
  StageRecord record;
  record.stage = stage;
  record.boot_id = boot_id_of(machine.root);
  record.began_us = machine.clock.now().time_since_epoch().count();
  StageRun run(
      machine,
      {.stage = stage, .config = config, .identity = gate.identity, .record = std::move(record)});
  run.custom_data.phase = custom_data::phase_of(stage).value_or(ItemPhase::kFinal);
  run.custom_data.stored = std::move(wanted->stored);
  if (machine.root.live()) run.custom_data.print = make_printer(config);
  run.stop_signal.emplace();
  carry_out_steps(run, wanted->group);
  return RerunEnd{.found = true,
                  .step = std::move(run.record.steps.back()),
                  .findings = std::move(run.record.findings)};
}

}  // namespace azl::provision
