// The keys ssh_pwauth, chpasswd and password.
#pragma once

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans one item if the value is true or false.
void plan_ssh_pwauth(const YamlMember& member, ModuleOutput& out);
/// Plans one item for each password in `users` and `list`. A bad one costs only itself. Source:
/// cloud-init's module reference, "Set Passwords".
void plan_chpasswd(const YamlMember& member, ModuleOutput& out);
/// Plans one item for the password of the user that Azure names, unless `chpasswd` has passwords.
void plan_password(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
