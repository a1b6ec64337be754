// JSON values as YAML, in the layout of cloud-init's output.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace azl::provision::cloud_init {

/// Writes an object as a block of YAML 1.1, its keys sorted, each level indented by four spaces. A
/// text that YAML could take for something else is quoted. Pure.
[[nodiscard]] std::string to_yaml(const nlohmann::json& object);

}  // namespace azl::provision::cloud_init
