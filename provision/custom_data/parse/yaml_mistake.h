// Says in plain words what is wrong where the YAML library fails.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "provision/custom_data/parse/yaml_failure.h"

namespace azl::provision::custom_data {

/// Where and why yaml-cpp failed.
struct YamlMistake {
  std::string_view text;     ///< the whole document
  std::size_t at = 0;        ///< the offset at which it failed; may be beyond the text
  std::string_view message;  ///< its message, which may contain values
  std::size_t last = 0;      ///< the offset of the last value that it found
  /// The offset of the innermost list or map in brackets that is not closed.
  std::optional<std::size_t> bracket = {};
};

/// Describes a mistake, with its place: that is where the writer went wrong rather than where the
/// library noticed it. Quotes nothing of the text but single characters of YAML's own.
[[nodiscard]] YamlFailure describe_mistake(const YamlMistake& mistake);

/// Describes a list or a map that is a key. `bracket` is the offset of the outermost bracket around
/// it, if there is one. yaml-cpp makes keys of lists and maps that are not closed.
[[nodiscard]] YamlFailure describe_collection_key(std::string_view text, std::size_t at,
                                                  std::optional<std::size_t> bracket);

/// Describes a bracket at an offset that is not closed.
[[nodiscard]] YamlFailure describe_open_bracket(std::string_view text, std::size_t at);

/// Describes a line that belongs to nothing above it.
[[nodiscard]] YamlFailure describe_stray_line(std::string_view text, std::size_t at);

/// Whether yaml-cpp lost the lines of the empty scalar at `at`. Before 0.9 it takes a tag or an
/// anchor in a list item for a key, and misses the lines of a block scalar that are not deeper.
/// Then they would be other values.
[[nodiscard]] bool is_block_scalar_lost(std::string_view text, std::size_t at);

}  // namespace azl::provision::custom_data
