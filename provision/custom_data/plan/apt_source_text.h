// The text of a source of apt, as apt.sources of cloud-config has it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace azl::provision::custom_data {

/// Stands in a text for the name of the system's release, such as "bookworm".
inline constexpr std::string_view kAptRelease = "${RELEASE}";

struct AptSourceText {
  /// Lines that all end, with kAptRelease as the only variable.
  std::string text = {};
  bool deb822 = false;  ///< for a file that ends in ".sources", else in ".list"
};

/// Why a source is refused, without anything of its text.
struct AptSourceMistake {
  std::string why;  ///< "it has a line that is no source of apt"
  std::string advice;
};

/// Reads a source: lines such as "deb ADDRESS SUITE COMPONENT", or fields such as "URIs:". Replaces
/// $KEY_FILE by `key_file`, unless that is empty. Refuses other variables than $RELEASE, and what
/// apt does not understand: one wrong line keeps apt from reading any source. Also refuses what
/// cloud-init hands to add-apt-repository, such as "ppa:NAME". Sources: sources.list(5), and
/// cloud-init's cc_apt_configure.py and templater.py.
[[nodiscard]] std::expected<AptSourceText, AptSourceMistake> read_apt_source_text(
    std::string_view source, std::string_view key_file);

/// Replaces kAptRelease.
[[nodiscard]] std::string replace_apt_release(std::string_view text, std::string_view release);

}  // namespace azl::provision::custom_data
