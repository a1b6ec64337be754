// The keys packages, package_update, package_upgrade, package_reboot_if_required, and their older
// names apt_update, apt_upgrade, apt_reboot_if_required.
#pragma once

#include <cstddef>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Most packages that a document can name. More do not fit on a command line.
inline constexpr std::size_t kMostPackages = 2000;

/// Plans the item "packages" of the final phase from all of these keys. Does so for the first of
/// them that is in the document, and nothing for the others. Source: cloud-init's module reference,
/// "Package Update Upgrade Install".
void plan_packages(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
