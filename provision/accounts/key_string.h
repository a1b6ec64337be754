// The text that a deployment gives as an SSH public key: any number of keys, in several formats.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "provision/accounts/ssh_key.h"

namespace azl::provision {

inline constexpr std::size_t kKeyStringLimit = 256 << 10;  ///< longest key string, in bytes

/// Returns the keys of a key string in their order, or for each the reason why it is refused. An
/// empty string is one refused key. Pure.
///
/// - Lines end with CR, LF or any mix of both. Empty lines, comments (`#`) and byte order marks are
///   skipped.
/// - A line that begins with a key type, or with options and a key type, begins a new key. A break
///   inside the base64 of a key is removed, as Azure's keyData has them. Any other line after a key
///   is refused by itself.
/// - `-----BEGIN PUBLIC KEY-----` and its kind are converted by convert_pem(), SSH2's
///   `---- BEGIN SSH2 PUBLIC KEY ----` by convert_ssh2(). They may stand on one line.
/// - A private key is refused as such.
///
/// At most kSshKeysMost keys are read. What follows them, and a string that is longer than
/// kKeyStringLimit, is one refused key. Errors: kSshKey. No message quotes the string.
[[nodiscard]] std::vector<Result<SshKey>> parse_key_string(std::string_view text);

}  // namespace azl::provision
