// The key manage_etc_hosts.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans an item of each boot. True (and "template", its older name): the whole of /etc/hosts;
/// "localhost": one line of it. Source: cloud-init's module reference, "Update Etc Hosts".
void plan_etc_hosts(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
