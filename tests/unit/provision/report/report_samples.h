// Boots and inputs for the tests of the report.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "provision/report/boots.h"
#include "tests/unit/provision/samples.h"

namespace azl::test {

inline provision::StageRecord stage_record(provision::Stage stage,
                                           provision::StageOutcome outcome) {
  provision::StageRecord record;
  record.stage = stage;
  record.outcome = outcome;
  record.started = "2026-01-02T03:04:05.000000+00:00";
  record.course = "provision";
  return record;
}

inline provision::BootRecords boot_of(const std::string& id,
                                      std::vector<provision::StageRecord> stages) {
  return {.boot_id = id, .stages = std::move(stages), .unread = {}};
}

/// Inputs of this VM. The running boot is "now".
inline provision::ReportInputs inputs_with(std::vector<provision::BootRecords> boots) {
  provision::ReportInputs inputs;
  inputs.here.acts = true;
  inputs.vm_id = inputs.here.vm_id = kVm;
  inputs.boots = std::move(boots);
  inputs.boot_id = "now";
  return inputs;
}

/// Sets a state that says that the VM is provisioned.
inline void set_provisioned(provision::ReportInputs& inputs, const char* vm_id = kVm) {
  inputs.state.vm_id = vm_id;
  inputs.state.guest_agent = true;
  inputs.state.provisioned = provision::Provisioned{
      .at = "2026-01-02T03:04:05+00:00", .by = "azl-provision", .boot_id = "b1"};
}

}  // namespace azl::test
