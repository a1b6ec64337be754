// The tags of YAML values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "provision/custom_data/parse/yaml_failure.h"

namespace azl::provision::custom_data {

/// The tags that PyYAML's safe loader knows, without !!set, !!omap and !!pairs.
enum class YamlTag : std::uint8_t {
  kPlain,   ///< none, and no quotes: the scalar's text decides
  kQuoted,  ///< none, but quotes, or a block scalar
  kText,
  kBinary,
  kTimestamp,
  kInt,
  kFloat,
  kBool,
  kNull,
  kList,
  kMap,
  kMerge,
};

/// The tag of a name as yaml-cpp gives it, for example "tag:yaml.org,2002:str", "?" or "!". Returns
/// nullopt if there is no such tag.
[[nodiscard]] std::optional<YamlTag> find_yaml_tag(std::string_view name);

/// Why a tag is refused that find_yaml_tag() does not find. The failure has no place.
[[nodiscard]] YamlFailure describe_unknown_tag(std::string_view name);

}  // namespace azl::provision::custom_data
