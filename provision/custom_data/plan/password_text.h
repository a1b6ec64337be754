// What the text of a password in cloud-config is.
#pragma once

#include <string>
#include <string_view>

#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// A password, or a hash, as a document has it.
struct PasswordText {
  Secret text = {};
  bool cut = false;        ///< its final line break was taken away
  std::string wrong = {};  ///< why it cannot be a password: "has a NUL byte"; empty: it can
};
/// Takes one final line break away, which a block of YAML ("|") leaves. Refuses other line breaks,
/// NUL bytes, and more than the 511 bytes that crypt(3) takes. Empty text can be none either.
[[nodiscard]] PasswordText read_password_text(std::string_view text);

/// The warning for a PasswordText that was cut, after the name of its key.
inline constexpr std::string_view kCutPassword = "ends in a line break, which is left out";
inline constexpr std::string_view kCutPasswordAdvice =
    "write it on the line of its key, or '|-' instead of '|'";
/// The same for one that is empty.
inline constexpr std::string_view kEmptyPassword = "is empty; no password is set";
inline constexpr std::string_view kEmptyPasswordAdvice =
    "remove it: users without a password log in with their SSH keys";

/// Whether text can stand in the password field of shadow(5) as a hash that crypt(5) makes, or as a
/// field by which nobody can log in: "!" or "*" and anything.
[[nodiscard]] bool is_password_hash(std::string_view text);

/// What the password of a line "NAME:PASSWORD" in chpasswd.list is: kRandom for "R" and "RANDOM",
/// kHash for the hashes that cloud-init's documents name, and for those of yescrypt.
[[nodiscard]] PasswordKind find_password_kind(std::string_view text);

}  // namespace azl::provision::custom_data
