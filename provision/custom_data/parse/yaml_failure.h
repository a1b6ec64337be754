// Why a text is no usable YAML, and the bounds of what is.
#pragma once

#include <cstddef>
#include <string>

namespace azl::provision::custom_data {

/// Most values along a path from the root to a scalar, both included.
inline constexpr std::size_t kYamlDepth = 64;
/// Most values of a document, keys included, after aliases were replaced.
inline constexpr std::size_t kYamlNodes = 100'000;
/// Most bytes of a document, and of its scalars after aliases were replaced.
inline constexpr std::size_t kYamlSize = std::size_t{8} << 20;

/// What is wrong with the text, and where. No value is quoted.
struct YamlFailure {
  int line = 0;             ///< from 1; 0: not known
  int column = 0;           ///< from 1, in bytes; 0: the whole line
  std::string text;         ///< a sentence without a final period
  std::string advice = {};  ///< for known mistakes, such as a tab as indentation; else empty
  int opening = 0;          ///< the line that opens the quote which ends here; 0: it is not known
};

}  // namespace azl::provision::custom_data
