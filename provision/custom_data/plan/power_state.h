// The key power_state: a reboot or a shutdown after everything else.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans `power_state`: the last item of the final phase. A value that cannot be used leaves the
/// system up, with an error. Source: cloud-init's module reference, "Power State Change", and
/// cc_power_state_change.py.
void plan_power_state(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
