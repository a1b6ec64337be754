// Which module plans which key of cloud-config.
#pragma once

#include <string_view>

#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

using PlanKey = void (*)(const YamlMember& member, ModuleOutput& out);

/// The function that plans a top-level key. Returns nullptr if no module plans it.
[[nodiscard]] PlanKey find_module_for(std::string_view key);

}  // namespace azl::provision::custom_data
