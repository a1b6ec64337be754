// The keys growpart and resize_rootfs.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans nothing: the OS disk's partition and file system grow on the first boot, at the same time
/// as the VM is provisioned. Warns if the document asks for something else. Source: cloud-init's
/// module reference, "Growpart" and "Resizefs".
void plan_growth(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
