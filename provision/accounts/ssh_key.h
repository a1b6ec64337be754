// OpenSSH public keys: checks one that the platform gave, and adds keys to authorized_keys.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::provision {

/// A valid public key.
struct SshKey {
  std::string type;         ///< "ssh-ed25519"
  std::string base64;       ///< the key blob
  std::string comment;      ///< printable, may be empty
  std::string fingerprint;  ///< "SHA256:…", as ssh-keygen -l prints it
  /// Returns the line for authorized_keys, without a newline.
  [[nodiscard]] std::string line() const;
};

inline constexpr std::size_t kSshKeyLimit = 16'384;  ///< longest key line, in bytes
inline constexpr std::size_t kSshKeysMost = 1000;    ///< keys taken from the platform

/// Parses and checks one key, "TYPE BASE64 [COMMENT]". Removes all CR and LF first, because Azure's
/// keyData contains them. TYPE must be one that OpenSSH accepts for users: ssh-ed25519, ssh-rsa
/// with at least 1024 bits, ecdsa-sha2-nistp{256,384,521}, sk-ssh-ed25519@openssh.com or
/// sk-ecdsa-sha2-nistp256@openssh.com. The base64 must be strict, and the blob must name the same
/// type and have fields of the right lengths. Options before TYPE are refused. Errors: kSshKey.
[[nodiscard]] Result<SshKey> parse_ssh_key(std::string_view text);

/// Returns whether a line begins with a key type, or with options and a key. Also recognizes types
/// that parse_ssh_key refuses, by the base64 after them.
[[nodiscard]] bool begins_ssh_key(std::string_view line);

/// Returns the text of authorized_keys with these keys added. Keeps the present text byte for byte.
/// Appends each key whose blob is missing as a line of its own. A key that is present only with
/// options is added without options at the start, because sshd uses the first matching line and
/// the options may restrict the login.
[[nodiscard]] std::string merge_authorized_keys(std::string_view present,
                                                std::span<const SshKey> keys);

}  // namespace azl::provision
