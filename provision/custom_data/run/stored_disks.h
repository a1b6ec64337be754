// The items about disks and mounts in the file of stored items.
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

[[nodiscard]] nlohmann::json to_json(const SetUpDisks& setup);
[[nodiscard]] nlohmann::json to_json(const AddMount& mount);
[[nodiscard]] nlohmann::json to_json(const MakeSwapFile& swap);

/// Reads what these wrote. Returns nullopt if it is of another kind. Errors: kState.
[[nodiscard]] Result<std::optional<Action>> read_disk_action(const nlohmann::json& action);

}  // namespace azl::provision::custom_data
