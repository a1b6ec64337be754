// `cloud-init query`: the variables of a VM by their names.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace azl::provision::cloud_init {

/// Returns the value at a path such as "v1.local_hostname", or a sentence that says which name of
/// it does not exist. Pure.
[[nodiscard]] std::expected<nlohmann::json, std::string> find_variable(
    const nlohmann::json& variables, std::string_view path);

/// Returns the names in a map, sorted, one a line, or a sentence if the value is no map. `path`: of
/// the value, for the sentence. Pure.
[[nodiscard]] std::expected<std::string, std::string> list_names(const nlohmann::json& value,
                                                                 std::string_view path);

/// A text as it is, and any other value as JSON, with a line break at the end. Pure.
[[nodiscard]] std::string print_value(const nlohmann::json& value);

}  // namespace azl::provision::cloud_init
