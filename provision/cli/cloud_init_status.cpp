#include "provision/cli/cloud_init_status.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include <unistd.h>

#include "base/clock.h"
#include "imds/identity.h"
#include "provision/cli/output.h"
#include "provision/cli/report.h"
#include "provision/cloud_init/files.h"
#include "provision/cloud_init/status.h"
#include "provision/engine/cloud_init_files.h"
#include "provision/engine/gate.h"
#include "provision/engine/stage_lock.h"
#include "provision/gather/other_agents.h"
#include "provision/gather/tree.h"
#include "provision/report/headline.h"
#include "provision/report/status.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
using cloud_init::Disabled;
using cloud_init::Situation;

constexpr Duration kPause = 250ms;
constexpr std::array kCustomDataStages = {Stage::kCustomDataEarly, Stage::kCustomData};

Disabled find_disabled(const Root& root, const ReportInputs& inputs, const Gate& gate) {
  if (inputs.here.acts || !inputs.here.sees_firmware) return Disabled::kNo;
  if (!find_off_switch(root, {}).empty()) return Disabled::kByMarkerFile;
  return find_off_switch(root, gate.kernel_command_line).empty() ? Disabled::kByAnythingElse
                                                                 : Disabled::kByKernelCommandLine;
}

/// Whether a stage of custom data is due that has not run on this boot. Without root, that cannot
/// be seen; status.json tells then that more is to come.
bool has_due_items(const Root& root, const BootRecords* boot, const Gate& gate) {
  return std::ranges::any_of(find_due_stages(root, gate), [&](Stage stage) {
    return boot == nullptr || find_stage(*boot, stage) == nullptr;
  });
}

Situation read_situation(const Root& root) {
  const auto gate = check_gate(root);
  const auto inputs = read_report_inputs(root);
  const auto* boot = find_running_boot(inputs);
  const auto* main = boot == nullptr ? nullptr : find_stage(*boot, Stage::kMain);
  return {
      .disabled = find_disabled(root, inputs, gate),
      .why_disabled = inputs.here.why_not,
      .boot = cloud_init::read_boot_status(root, inputs),
      .provisioned = inputs.state.provisioned && imds::same_vm(inputs.state.vm_id, inputs.vm_id),
      .main_ended = main != nullptr && main->outcome != StageOutcome::kRunning,
      .unrecorded = inputs.main_unrecorded ? decide_status(inputs).sentence : std::string(),
      .will_start = inputs.here.will_start,
      .items_due = has_due_items(root, boot, gate),
      .finished = root.exists(cloud_init::kResultFile),
      // Without status.json, the files are not written on this boot, for example because the
      // package was installed after it.
      .will_finish =
          root.exists(cloud_init::kStatusFile) && is_unit_enabled(root, "cloud-init.target")};
}

cloud_init::Status read_status(const Root& root, const Clock& clock) {
  return cloud_init::decide_status(read_situation(root), clock.now().time_since_epoch(),
                                   clock.wall());
}

/// Whether a stage of custom data waits for the end of this program. Without root, nobody can see
/// who holds the stage's lock, and the control group is all that is known.
bool is_inside_custom_data(const Root& root) {
  for (const auto stage : kCustomDataStages) {
    if (is_started_by_stage(root, stage)) return true;
  }
  if (::geteuid() == 0) return false;
  const auto machine = Root::open("/");
  if (!machine) return false;
  const auto group = machine->read("/proc/self/cgroup");
  return group && group->contains("/azl-provision-custom-data");
}

}  // namespace

int cloud_init_status_command(const CloudInitOptions& options) {
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  SystemClock clock;
  auto status = read_status(*root, clock);
  bool dotted = false;
  if (options.wait && status.waits && is_inside_custom_data(*root))
    status = cloud_init::make_running(std::move(status));
  while (options.wait && status.waits) {
    if (options.format == "tabular") {
      std::fputc('.', stdout);
      std::fflush(stdout);
      dotted = true;
    }
    clock.sleep(kPause);
    status = read_status(*root, clock);
  }
  // A line of its own, for programs that look for "status: done" at its start.
  if (dotted) std::fputc('\n', stdout);
  const int written = write_output(options.format == "json" ? cloud_init::print_json(status)
                                   : options.format == "yaml"
                                       ? cloud_init::print_yaml(status)
                                       : cloud_init::print_tabular(status, options.long_form));
  return written == kExitDone ? cloud_init::find_exit_status(status) : written;
}

}  // namespace azl::provision
