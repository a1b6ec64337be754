// The keys at the top level of cloud-config, and what this program does with each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

enum class KeyState : std::uint8_t {
  kSupported,  ///< as in cloud-init
  kDiffers,    ///< works, but some of it is done in another way or not at all
  kIgnored,    ///< has no effect; a warning says so
};

/// "supported", "differs", "ignored".
[[nodiscard]] std::string_view to_string(KeyState state);

struct TopLevelKey {
  std::string_view name;
  KeyState state;
  std::string_view module;  ///< cloud-init's module for it, without "cc_"; "base" if it is none
  /// One or two sentences for docs/cloud-config.md: what is done, or why the key is ignored and
  /// what to use instead.
  std::string_view text;
};

/// Returns all keys, sorted by name: those that cloud-init's schema for cloud-config names, and
/// those that cloud-init reads although its schema does not name them.
[[nodiscard]] std::span<const TopLevelKey> top_level_keys();

/// Returns null if there is no such key. Only "ca-certs", "grub-dpkg" and "launch-index" have
/// hyphens: cloud-init takes hyphens for underscores inside of users, not at the top level.
[[nodiscard]] const TopLevelKey* find_top_level_key(std::string_view name);

/// Returns the key that was probably meant; empty if none is close.
[[nodiscard]] std::string_view find_meant_key(std::string_view name);

/// Returns a warning for a key that is ignored or unknown. Its place is to be filled in. `suggest`:
/// looks for the key that was probably meant, which takes time.
[[nodiscard]] Remark describe_ignored_key(const TopLevelKey& key);
[[nodiscard]] Remark describe_unknown_key(std::string_view name, bool suggest = true);

}  // namespace azl::provision::custom_data
