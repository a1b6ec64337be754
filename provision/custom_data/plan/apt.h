// The key apt.
#pragma once

#include <vector>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans an item for `conf`, one for the proxies, and one for each of `sources`, with cloud-init's
/// names of files. A source that apt would not understand is left out, with an error. Always warns
/// that Azure Linux has no apt: the plan does not know the system. Source: cloud-init's
/// cc_apt_configure.py.
void plan_apt(const YamlMember& member, ModuleOutput& out);

/// Adds an item that updates apt's package lists, as cloud-init does, if there is a source and no
/// other item updates them. Scripts can then install from the source.
void add_apt_update(std::vector<Item>& items);

}  // namespace azl::provision::custom_data
