// Reads members of the files of stored items. What may be any bytes is base64 there: JSON cannot
// hold it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace azl::provision::custom_data {

/// "the stored custom data is damaged: WHAT", kState.
[[nodiscard]] std::unexpected<Error> damaged(std::string_view what);
/// Decodes a member. Errors: kState.
[[nodiscard]] Result<std::string> read_bytes(const nlohmann::json& action, std::string_view name);
/// The texts in a member that is a list; empty if it is no list.
[[nodiscard]] std::vector<std::string> read_texts(const nlohmann::json& action,
                                                  std::string_view name);

}  // namespace azl::provision::custom_data
