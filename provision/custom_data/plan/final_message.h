// The key final_message: what is printed when everything has run.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Plans `final_message`: printed on each boot, before power_state. Source: cloud-init's module
/// reference, "Final Message".
void plan_final_message(const YamlMember& member, ModuleOutput& out);

/// The values of the variables.
struct MessageFacts {
  Duration uptime = {};
  WallTime now = {};
  std::string version = {};  ///< of azl-provision
};

/// Replaces $uptime, $timestamp, $version and $datasource, also in capitals and in braces, by
/// "12.34" seconds, "Sun, 29 Nov 2026 13:38:02 +0000", the version and "DataSourceAzure". With the
/// first line "## template: jinja" the text is a template with these variables. What is no variable
/// stays as it is, and so does a template that cannot be rendered. Pure.
[[nodiscard]] std::string render_final_message(std::string_view text, const MessageFacts& facts);

}  // namespace azl::provision::custom_data
