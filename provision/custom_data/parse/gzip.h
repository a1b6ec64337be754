// Unpacking gzip data (RFC 1952) with bounds.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace azl::provision::custom_data {

/// Returns true if `bytes` starts as gzip data does.
[[nodiscard]] bool is_gzip(std::string_view bytes);

/// Unpacks all members of gzip data; zeros after the last one are ignored. Errors: kCustomData, if
/// the data is damaged or cut off, unpacks to more than `limit` bytes, or grows by more than
/// kUnpackRatio once it has reached kUnpackRatioFrom bytes.
[[nodiscard]] Result<Secret> gunzip(std::string_view bytes, std::size_t limit);
/// As gunzip(), for several pieces of data that share a budget in bytes. What is unpacked is taken
/// from the budget, also if it is lost by an error.
[[nodiscard]] Result<Secret> gunzip_within(std::string_view bytes, std::size_t& budget);

/// Real documents shrink to a tenth at most; deflate can reach a thousandth.
inline constexpr std::size_t kUnpackRatio = 200;
inline constexpr std::size_t kUnpackRatioFrom = std::size_t{1} << 20;

}  // namespace azl::provision::custom_data
