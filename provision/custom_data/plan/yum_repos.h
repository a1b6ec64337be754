// The key yum_repos.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans one item for each repository, as cloud-init does: blanks in an id become "-", "-" in the
/// name of an option becomes "_", booleans become 1 and 0, and lists become lines. A repository
/// without baseurl, metalink and mirrorlist is left out, with an error. Source: cloud-init's module
/// reference, "Yum Add Repo".
void plan_yum_repos(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
