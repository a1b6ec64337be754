// Tabs in YAML.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "provision/custom_data/parse/yaml_events.h"

namespace azl::provision::custom_data {

/// The offset of the first tab at which PyYAML fails: one that is not in quotes, in the lines of a
/// block scalar or in a comment. Other parsers take it for white space, as YAML 1.1 says. `events`
/// are those of the text. Returns nullopt if there is none.
[[nodiscard]] std::optional<std::size_t> find_refused_tab(std::string_view text,
                                                          const YamlEvents& events);

}  // namespace azl::provision::custom_data
