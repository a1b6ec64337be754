#include "provision/image/migrate/agent_settings.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/gather/waagent_conf.h"
#include "provision/image/migrate/toml.h"

namespace azl::provision {
namespace {

using custom_data::YamlKind;
using custom_data::YamlNode;

constexpr std::string_view kKeyCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/// Adds the members of `later` to `earlier`, over those that it has.
void merge(YamlNode& earlier, YamlNode later) {
  for (auto& member : later.members) {
    const auto old =
        std::ranges::find(earlier.members, member.name, &custom_data::YamlMember::name);
    if (old == earlier.members.end()) {
      earlier.members.push_back(std::move(member));
    } else if (old->value.kind == YamlKind::kMap && member.value.kind == YamlKind::kMap) {
      merge(old->value, std::move(member.value));
    } else {
      *old = std::move(member);
    }
  }
}

/// Adds a setting for each member, or for its members where a rule names them.
void flatten(const YamlNode& map, const std::string& prefix, std::span<const AgentFile> files,
             std::vector<AgentSetting>& settings) {
  for (const auto& member : map.members) {
    auto key = prefix + member.name;
    const bool apart =
        member.value.kind == YamlKind::kMap && has_rules_below(Agent::kCloudInit, key);
    if (apart) {
      flatten(member.value, key + ".", files, settings);
      continue;
    }
    settings.push_back({.key = std::move(key),
                        .text = {},
                        .node = &member.value,
                        .path = files[member.part].path,
                        .line = member.line});
  }
}

/// The top-level keys of a file, by its lines that begin with one. Empty if the value of one of
/// them matters for the migration.
std::vector<AgentSetting> find_plain_keys(const AgentFile& file) {
  std::vector<AgentSetting> settings;
  int number = 0;
  for (const auto line : split_lines(file.text.reveal())) {
    ++number;
    const auto key = line.substr(0, line.find_first_not_of(kKeyCharacters));
    if (key.empty() || !line.substr(key.size()).starts_with(':')) continue;
    const auto* rule = find_key_rule(Agent::kCloudInit, key);
    if (rule == nullptr || rule->decide != nullptr || has_rules_below(Agent::kCloudInit, key))
      return {};
    settings.push_back(
        {.key = std::string(key), .text = {}, .node = nullptr, .path = file.path, .line = number});
  }
  return settings;
}

}  // namespace

AgentSettings read_cloud_init_settings(std::span<const AgentFile> files) {
  AgentSettings read;
  read.tree.kind = YamlKind::kMap;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto document = custom_data::parse_yaml(files[i].text.reveal());
    if (!document) {
      auto plain = find_plain_keys(files[i]);
      std::ranges::move(plain, std::back_inserter(read.settings));
      if (!plain.empty()) continue;
      read.unread.push_back(files[i].path + ":" + std::to_string(document.error().line) + ": " +
                            document.error().text);
      continue;
    }
    if (document->root.kind == YamlKind::kNull) continue;
    if (document->root.kind != YamlKind::kMap) {
      read.unread.push_back(files[i].path + ": it is no map of keys");
      continue;
    }
    set_part(document->root, static_cast<std::uint16_t>(i));
    merge(read.tree, std::move(document->root));
  }
  flatten(read.tree, {}, files, read.settings);
  return read;
}

AgentSettings read_waagent_settings(std::span<const AgentFile> files) {
  AgentSettings read;
  for (const auto& file : files) {
    for (auto& setting : parse_waagent_conf(file.text.reveal()))
      read.settings.push_back({.key = std::move(setting.key),
                               .text = std::move(setting.value),
                               .node = nullptr,
                               .path = file.path,
                               .line = setting.line});
  }
  return read;
}

AgentSettings read_azure_init_settings(std::span<const AgentFile> files) {
  AgentSettings read;
  for (const auto& file : files) {
    auto [settings, unread] = parse_toml(file.text.reveal());
    for (const int line : unread)
      read.unread.push_back(file.path + ":" + std::to_string(line) + ": it cannot be read");
    for (auto& setting : settings)
      read.settings.push_back({.key = std::move(setting.key),
                               .text = std::move(setting.value),
                               .node = nullptr,
                               .path = file.path,
                               .line = setting.line});
  }
  std::map<std::string_view, const AgentSetting*> last;
  for (const auto& setting : read.settings) last[setting.key] = &setting;
  std::vector<AgentSetting> kept;
  for (const auto& setting : read.settings) {
    if (last[setting.key] == &setting) kept.push_back(setting);
  }
  read.settings = std::move(kept);
  return read;
}

AgentSettings read_settings(Agent agent, std::span<const AgentFile> files) {
  switch (agent) {
    case Agent::kCloudInit:
      return read_cloud_init_settings(files);
    case Agent::kWaagent:
      return read_waagent_settings(files);
    case Agent::kAzureInit:
      return read_azure_init_settings(files);
  }
  return {};
}

}  // namespace azl::provision
