#include "provision/custom_data/plan/module.h"

#include <algorithm>

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

}  // namespace azl::provision::custom_data
