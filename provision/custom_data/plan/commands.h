// The keys runcmd and bootcmd: lists of commands that become one shell script.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.h"
#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans `runcmd`: one script named "runcmd" among the scripts of the final phase. An item that is
/// text is a line as it is; of a list, each word is quoted. An item that is a map voids all
/// commands. A word that is a list or a map is what Python makes of it if that is simple, and else
/// costs its command only. Source: cloud-init's module reference, "Runcmd".
void plan_runcmd(const YamlMember& member, ModuleOutput& out);

/// Plans `bootcmd`: the same, early and on each boot.
void plan_bootcmd(const YamlMember& member, ModuleOutput& out);

/// Makes a shell script of one command, which is text or a list of words as in `runcmd`. `key`
/// begins the rules of the remarks. Returns nullopt, mostly with a remark, if there is no command.
[[nodiscard]] std::optional<Secret> read_command(std::string_view key, const YamlNode& command,
                                                 ModuleOutput& out);

}  // namespace azl::provision::custom_data
