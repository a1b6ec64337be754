// The keys device_aliases, disk_setup, fs_setup, mounts and swap, which depend on each other.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans all of these keys. Does so for the first of them that is in the document, and nothing for
/// the others. The items are of the early phase: "disk_setup", which sets up the disks, "mounts/N"
/// and "swap".
void plan_disk_keys(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
