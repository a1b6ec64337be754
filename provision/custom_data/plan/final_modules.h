// The key cloud_final_modules.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Of this list of modules one entry has an effect: `[scripts-user, always]` makes scripts and
/// runcmd repeat on each boot. Anything else gives a remark, because here the keys of a document
/// decide what is done.
void plan_final_modules(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
