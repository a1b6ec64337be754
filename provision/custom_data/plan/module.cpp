#include "provision/custom_data/plan/module.h"

#include <algorithm>

#include "base/text.h"

namespace azl::provision::custom_data {

bool ModuleOutput::has(std::string_view id) const {
  return std::ranges::find(items_, id, &Item::id) != items_.end();
}

std::optional<Item> ModuleOutput::take(std::string_view id) {
  const auto found = std::ranges::find(items_, id, &Item::id);
  if (found == items_.end()) return std::nullopt;
  std::optional<Item> item(std::move(*found));
  items_.erase(found);
  return item;
}

std::string describe_wrong_kind(std::string_view key, YamlKind is, std::string_view expected) {
  return "'" + std::string(key) + "' is " + std::string(to_string(is)) + ", and has to be " +
         std::string(expected);
}

std::optional<bool> read_boolean(const YamlNode& node) {
  if (node.kind == YamlKind::kNull) return false;
  if (node.kind == YamlKind::kBool) return node.boolean;
  const auto word = lower(trim(node.text.reveal()));
  if (word == "true" || word == "1" || word == "on" || word == "yes") return true;
  if (word == "false" || word == "0" || word == "off" || word == "no") return false;
  return std::nullopt;
}

}  // namespace azl::provision::custom_data
