// The SSH keys in cloud-config: of a user, and ssh_authorized_keys and disable_root at the top
// level.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Reads keys: text, a list, or the values of a map. Text with several lines has a key in each.
/// Leaves out, with an error, each key that sshd would not accept. `subject` begins the remarks:
/// "user 2".
[[nodiscard]] std::vector<std::string> read_ssh_keys(const YamlNode& keys, std::string_view subject,
                                                     ModuleOutput& out);

/// Plans one item that adds the keys to the user that Azure names. Source: cloud-init's module
/// reference, "SSH".
void plan_ssh_authorized_keys(const YamlMember& member, ModuleOutput& out);
/// Plans one item if the value is false: root gets the keys of the user that Azure names.
void plan_disable_root(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
