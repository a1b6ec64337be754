// Takes the configuration of other agents apart.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/image/migrate/key_rules.h"

namespace azl::provision {

/// An agent's configuration, taken apart. Movable only; the settings refer to `tree`.
struct AgentSettings {
  std::vector<AgentSetting> settings = {};  ///< those in effect
  std::vector<std::string> unread = {};  ///< files and lines that cannot be read, a sentence each
  custom_data::YamlNode tree = {};       ///< of cloud-init: all files merged
};

/// Merges the files as cloud-init does (util.mergemanydict): maps are merged, and of anything else
/// that of the later file counts. Takes a map apart where key_rules() has longer keys. A file that
/// is no YAML, or no map, is left out, except for its top-level keys if no value of them matters:
/// yaml-cpp cannot read cloud-init's own 05_logging.cfg. Pure.
[[nodiscard]] AgentSettings read_cloud_init_settings(std::span<const AgentFile> files);
/// The lines of waagent.conf that count. Pure.
[[nodiscard]] AgentSettings read_waagent_settings(std::span<const AgentFile> files);
/// Of a setting that several files have, that of the last one counts. Pure.
[[nodiscard]] AgentSettings read_azure_init_settings(std::span<const AgentFile> files);

[[nodiscard]] AgentSettings read_settings(Agent agent, std::span<const AgentFile> files);

}  // namespace azl::provision
