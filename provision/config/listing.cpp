#include "provision/config/listing.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "provision/config/keys.h"

namespace azl::provision {
namespace {

/// A tree's configuration may contain control characters.
std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 4096;
  return printable(text, kLongest, Quotes::kKept);
}

/// The lines that set a key's value.
std::vector<const Setting*> find_settings(const Config& config, const ConfigKey& key) {
  std::vector<const Setting*> found;
  for (const auto& setting : config.settings) {
    if (setting.section != key.section || setting.key != key.name) continue;
    if (!key.accumulates || setting.value.empty()) found.clear();
    if (!key.accumulates || !setting.value.empty()) found.push_back(&setting);
  }
  return found;
}

}  // namespace

std::string list_config(const Config& config) {
  std::string text;
  std::string_view section;
  for (const auto& key : config_keys()) {
    if (key.section != section) {
      text += (text.empty() ? "[" : "\n[") + std::string(key.section) + "]\n";
      section = key.section;
    }
    const auto found = find_settings(config, key);
    for (const auto* setting : found) {
      text += "# " + shown(setting->file) + ":" + std::to_string(setting->line) + "\n";
      text += setting->key + "=" + shown(setting->value) + "\n";
    }
    if (found.empty())
      text += "#" + std::string(key.name) + "=" + std::string(key.default_value) + "\n";
  }
  return text;
}

}  // namespace azl::provision
