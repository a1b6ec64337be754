// Repeats text, for tests of size limits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace azl::test {

/// Returns `part`, `times` times.
inline std::string repeated(std::string_view part, std::size_t times) {
  std::string all;
  all.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += part;
  return all;
}

}  // namespace azl::test
