// OpenSSH public keys: one line of the platform's or of authorized_keys.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace azl::provision {

/// A valid public key.
struct SshKey {
  std::string type;         ///< "ssh-ed25519"
  std::string base64;       ///< its blob
  std::string comment;      ///< printable, may be empty
  std::string fingerprint;  ///< "SHA256:…", as ssh-keygen -l prints it
  /// The line for authorized_keys, without newline.
  [[nodiscard]] std::string line() const;
};

inline constexpr std::size_t kSshKeyLimit = 16'384;  ///< bytes of one key's line
inline constexpr std::size_t kSshKeysMost = 1000;    ///< keys that are taken from the platform

/// Checks one key: CR and LF inside and at the ends are removed first (Azure's keyData holds them);
/// then TYPE BASE64 [COMMENT], a type that OpenSSH accepts for users (ssh-ed25519, ssh-rsa >= 1024
/// bits, ecdsa-sha2-nistp{256,384,521}, sk-ssh-ed25519@openssh.com,
/// sk-ecdsa-sha2-nistp256@openssh.com), strict base64, the type named inside is the same, and the
/// inside's lengths add up. Options before the type are refused. Errors: kSshKey.
[[nodiscard]] Result<SshKey> parse_ssh_key(std::string_view text);

/// authorized_keys with these keys in it: what is there stays as it is, byte for byte; keys whose
/// blob is there already are not added; the others are appended, a line each. One that is there
/// behind options, which may forbid what is meant to be allowed, gets a line of its own before it.
[[nodiscard]] std::string merge_authorized_keys(std::string_view present,
                                                std::span<const SshKey> keys);

}  // namespace azl::provision
