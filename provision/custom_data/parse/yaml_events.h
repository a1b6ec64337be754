// The events of a YAML document, as the YAML library gives them, within bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "provision/custom_data/parse/yaml_failure.h"
#include "provision/custom_data/parse/yaml_tag.h"

namespace azl::provision::custom_data {

/// A scalar, an alias, or the start of a list or a map.
struct YamlEvent {
  enum class Kind : std::uint8_t { kScalar, kList, kMap, kAlias } kind = Kind::kScalar;
  YamlTag tag = YamlTag::kPlain;
  bool exclaimed = false;  ///< its tag is "!" alone
  Secret text = {};        ///< of a scalar, decoded
  int line = 0;            ///< from 1
  int column = 0;          ///< from 1, in bytes
  /// The index of the event after this value. A list or a map has its values in between; a map has
  /// keys and values by turns.
  std::size_t next = 0;
  std::size_t target = 0;  ///< of an alias: the index of its value, which comes before it
};

using YamlEvents = std::vector<YamlEvent>;

/// Reads the only document of a text with LF line ends and without bad characters. The first event
/// is the root; a text without a value has a null. Fails beyond the bounds of yaml_failure.h.
[[nodiscard]] std::expected<YamlEvents, YamlFailure> read_yaml_events(std::string_view text);

}  // namespace azl::provision::custom_data
