#include "provision/engine/cloud_init_files.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/cloud_init/files.h"
#include "provision/custom_data/run/store_step.h"
#include "provision/report/boots.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPause = 1s;

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

Result<void> end_files(const Machine& machine, const Gate& gate, Stage stage) {
  const auto& root = machine.root;
  const auto uptime = machine.clock.now().time_since_epoch();
  if (stage == Stage::kMain)
    OR_RETURN(cloud_init::write_instance_data(root, imds::instance_id(gate.identity)));
  OR_RETURN(cloud_init::write_end(root, read_inputs(machine, gate), stage, uptime));
  const auto inputs = read_inputs(machine, gate);
  const bool ended = cloud_init::read_boot_status(root, inputs).running.empty();
  if (stage != Stage::kCustomData || !ended) return {};
  return cloud_init::write_finish(root, inputs, uptime, machine.clock.wall());
}

/// By the records only: status.json may be of a run that was killed.
bool runs_custom_data(const ReportInputs& inputs) {
  const auto* boot = find_running_boot(inputs);
  return boot != nullptr && std::ranges::any_of(boot->stages, [](const StageRecord& record) {
           return record.outcome == StageOutcome::kRunning &&
                  (record.stage == Stage::kCustomDataEarly || record.stage == Stage::kCustomData);
         });
}

void print_failure(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "azl-provision: cloud-init's files: %s\n",
               printable_line(result.error().to_string()).c_str());
}

}  // namespace

void CloudInitFiles::begin() const {
  if (on_) print_failure(begin_files(machine_, gate_, stage_));
}

void CloudInitFiles::end() const {
  if (on_) print_failure(end_files(machine_, gate_, stage_));
}

void keep_variables(StageRun& run) {
  if (!run.config.custom_data.cloud_init_files || run.context.stage != Stage::kMain ||
      !run.is_new_vm() || run.progress.failure)
    return;
  const auto variables =
      custom_data::make_variables(run.context, run.facts, run.progress.host_name);
  print_failure(cloud_init::keep_instance_data(run.context.root(), variables));
}

Result<void> finish_cloud_init_files(const Machine& machine, const Gate& gate) {
  const auto& root = machine.root;
  auto inputs = read_inputs(machine, gate);
  while (runs_custom_data(inputs)) {
    machine.clock.sleep(kPause);
    inputs = read_inputs(machine, gate);
  }
  if (root.exists(cloud_init::kResultFile)) return {};
  return cloud_init::write_finish(root, inputs, machine.clock.now().time_since_epoch(),
                                  machine.clock.wall());
}

}  // namespace azl::provision
