// The items about settings of the system in the file of stored items.
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

[[nodiscard]] nlohmann::json to_json(const SetHostName& name);
[[nodiscard]] nlohmann::json to_json(const WriteHosts& hosts);
[[nodiscard]] nlohmann::json to_json(const SetTimeZone& zone);
[[nodiscard]] nlohmann::json to_json(const SetLocale& locale);
[[nodiscard]] nlohmann::json to_json(const AddRepository& repository);
[[nodiscard]] nlohmann::json to_json(const AddAptSource& source);
[[nodiscard]] nlohmann::json to_json(const AddAptConfiguration& configuration);
[[nodiscard]] nlohmann::json to_json(const TrustCertificates& trust);
[[nodiscard]] nlohmann::json to_json(const SetTimeServers& servers);

/// Reads what these wrote. Returns nullopt if it is of another kind. Errors: kState.
[[nodiscard]] Result<std::optional<Action>> read_system_action(const nlohmann::json& action);

}  // namespace azl::provision::custom_data
