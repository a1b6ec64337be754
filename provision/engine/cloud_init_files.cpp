#include "provision/engine/cloud_init_files.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/cloud_init/files.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/phase.h"
#include "provision/custom_data/run/store_step.h"
#include "provision/report/boots.h"
#include "provision/report/headline.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPause = 1s;

void print_failure(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "azl-provision: cloud-init's files: %s\n",
               printable_line(result.error().to_string()).c_str());
}

ReportInputs read_inputs(const Machine& machine, const Gate& gate) {
  return read_report_inputs(machine.root,
                            {.acts = true,
                             .vm_id = gate.identity.vm_id,
                             .now_us = machine.clock.now().time_since_epoch().count()});
}

Result<void> begin_files(const Machine& machine, const Gate& gate, Stage stage) {
  // /run is empty on a new boot. A later run of the stage, by hand, does not begin the boot anew.
  if (!machine.root.exists(cloud_init::kStatusFile))
    OR_RETURN(cloud_init::forget_finish(machine.root));
  return cloud_init::write_begin(machine.root, read_inputs(machine, gate), stage,
                                 machine.clock.now().time_since_epoch());
}

/// Whether the document's own final_message was printed on this boot.
bool has_printed_message(const ReportInputs& inputs) {
  const auto* boot = find_running_boot(inputs);
  const auto* final_stage = boot == nullptr ? nullptr : find_stage(*boot, Stage::kCustomData);
  return final_stage != nullptr &&
         std::ranges::any_of(final_stage->steps, [](const StepRecord& step) {
           return step.name == "final_message" && step.outcome == StepOutcome::kDone;
         });
}

/// Ends the output of custom data with the line of cloud-init's that programs look for.
Result<void> write_final_line(const Root& root, const ReportInputs& inputs, Duration uptime,
                              WallTime now) {
  if (has_printed_message(inputs)) return {};
  const auto log = OR_RETURN(custom_data::OutputLog::open(root, false),
                             "opening " + std::string(custom_data::kOutputLog));
  const auto status = cloud_init::read_boot_status(root, inputs);
  log.write_line(cloud_init::describe_final_line(status.datasource, uptime, now));
  return {};
}

Result<void> finish_boot(const Machine& machine, const Gate& gate, const ReportInputs& inputs) {
  const auto& root = machine.root;
  const auto uptime = machine.clock.now().time_since_epoch();
  const auto now = machine.clock.wall();
  // Once a boot: not after a later run by hand.
  if (!root.exists(cloud_init::kResultFile))
    print_failure(write_final_line(root, inputs, uptime, now));
  return cloud_init::write_finish(root, inputs, uptime, now, find_due_stages(root, gate));
}

Result<void> end_files(const Machine& machine, const Gate& gate, Stage stage, int exit_status) {
  const auto& root = machine.root;
  const auto uptime = machine.clock.now().time_since_epoch();
  if (stage == Stage::kMain)
    OR_RETURN(cloud_init::write_instance_data(root, imds::instance_id(gate.identity)));
  // Another run that holds the lock has a record of its own.
  const bool failed = exit_status == kExitFailed && !is_locked(root, stage);
  OR_RETURN(cloud_init::write_end(root, read_inputs(machine, gate), stage, uptime, failed));
  const auto inputs = read_inputs(machine, gate);
  const bool ended = cloud_init::read_boot_status(root, inputs).running.empty();
  if (stage != Stage::kCustomData || !ended) return {};
  return finish_boot(machine, gate, inputs);
}

/// By the records only: status.json may be of a run that was killed.
bool runs_stage(const ReportInputs& inputs) {
  const auto* boot = find_running_boot(inputs);
  return boot != nullptr && std::ranges::any_of(boot->stages, [](const StageRecord& record) {
           return record.outcome == StageOutcome::kRunning &&
                  cloud_init::find_stage_index(record.stage).has_value();
         });
}

}  // namespace

void CloudInitFiles::begin() const {
  if (on_) print_failure(begin_files(machine_, gate_, stage_));
}

void CloudInitFiles::end(int status) const {
  if (on_) print_failure(end_files(machine_, gate_, stage_, status));
}

void keep_variables(StageRun& run) {
  if (!run.config.custom_data.cloud_init_files || run.context.stage != Stage::kMain ||
      !run.is_new_vm() || run.progress.failure)
    return;
  const auto variables =
      custom_data::make_variables(run.context, run.facts, run.progress.host_name);
  print_failure(cloud_init::keep_instance_data(run.context.root(), variables));
}

std::vector<Stage> find_due_stages(const Root& root, const Gate& gate) {
  std::vector<Stage> due;
  for (const auto stage : {Stage::kCustomDataEarly, Stage::kCustomData}) {
    if (custom_data::is_due_in(stage, root, gate.identity)) due.push_back(stage);
  }
  return due;
}

Result<void> finish_cloud_init_files(const Machine& machine, const Gate& gate) {
  const auto& root = machine.root;
  auto inputs = read_inputs(machine, gate);
  while (runs_stage(inputs)) {
    machine.clock.sleep(kPause);
    inputs = read_inputs(machine, gate);
  }
  if (root.exists(cloud_init::kResultFile)) return {};
  return finish_boot(machine, gate, inputs);
}

}  // namespace azl::provision
