// The items about accounts and logins in the file of stored items.
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

[[nodiscard]] nlohmann::json to_json(const MakeGroup& group);
[[nodiscard]] nlohmann::json to_json(const MakeUser& user);
[[nodiscard]] nlohmann::json to_json(const AddSshKeys& keys);
[[nodiscard]] nlohmann::json to_json(const AllowRootLogin& login);
[[nodiscard]] nlohmann::json to_json(const SetPasswordLogins& logins);
[[nodiscard]] nlohmann::json to_json(const SetPassword& password);

/// Reads what these wrote. Returns nullopt if it is of another kind. Errors: kState.
[[nodiscard]] Result<std::optional<Action>> read_account_action(const nlohmann::json& action);

}  // namespace azl::provision::custom_data
