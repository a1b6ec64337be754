// Checks for fuzz targets: what must hold for any input.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace azl::fuzz {

/// Aborts if `holds` is false, so that libFuzzer keeps the input. `what` is the condition that
/// failed.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::cerr << "does not hold: " << what << '\n';
  std::abort();
}

/// Returns libFuzzer's input as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are read as char
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace azl::fuzz
