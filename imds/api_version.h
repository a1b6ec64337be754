// The versions of IMDS's API, and which one to ask for after IMDS refused one with a 400.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace azl::imds {

/// How many versions are tried that IMDS did not offer.
inline constexpr std::size_t kBlindSteps = 3;
/// How many versions are tried in total, whatever IMDS offers.
inline constexpr std::size_t kMaxVersions = 8;

/// Returns the versions that this program knows, newest first.
[[nodiscard]] std::span<const std::string_view> known_versions();

/// Returns the version to ask for after a 400, never one of `tried`, whose last one was refused.
/// `offered` are the "newest-versions" in the body of the 400:
/// - If there are any: the newest known one, or else the newest that is not older than the oldest
///   known one.
/// - If there are none: the next older known version, and the oldest known one as step kBlindSteps.
///
/// Returns nullopt if no version is left, which makes the 400 final.
[[nodiscard]] std::optional<std::string> next_version(const std::vector<std::string>& tried,
                                                      const std::vector<std::string>& offered);

}  // namespace azl::imds
