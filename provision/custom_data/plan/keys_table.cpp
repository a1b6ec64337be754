#include "provision/custom_data/plan/keys_table.h"

#include "provision/custom_data/plan/module_table.h"
#include "provision/custom_data/plan/top_level_keys.h"
#include "provision/custom_data/plan/unplanned_keys.h"

namespace azl::provision::custom_data {
namespace {

bool is_planned(const TopLevelKey& key) { return find_module_for(key.name) != nullptr; }

std::string describe_key(const TopLevelKey& key) {
  const bool lacking = key.state != KeyState::kIgnored && !is_planned(key);
  const std::string state(lacking ? "not yet" : to_string(key.state));
  const auto text =
      lacking ? "Meanwhile: " + std::string(find_meanwhile(key.name)) + "." : std::string(key.text);
  return "| `" + std::string(key.name) + "` | " + state + " | " + std::string(key.module) + " | " +
         text + " |\n";
}

}  // namespace

std::string describe_keys_table() {
  std::string table = "| key | | module | what azl-provision does |\n|---|---|---|---|\n";
  for (const auto& key : top_level_keys()) table += describe_key(key);
  return table;
}

}  // namespace azl::provision::custom_data
