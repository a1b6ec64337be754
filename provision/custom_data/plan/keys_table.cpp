#include "provision/custom_data/plan/keys_table.h"

#include "provision/custom_data/plan/top_level_keys.h"

namespace azl::provision::custom_data {
namespace {

std::string describe_key(const TopLevelKey& key) {
  return "| `" + std::string(key.name) + "` | " + std::string(to_string(key.state)) + " | " +
         std::string(key.module) + " | " + std::string(key.text) + " |\n";
}

}  // namespace

std::string describe_keys_table() {
  std::string table = "| key | | module | what azl-provision does |\n|---|---|---|---|\n";
  for (const auto& key : top_level_keys()) table += describe_key(key);
  return table;
}

}  // namespace azl::provision::custom_data
