// The SSH host keys in a tree's /etc/ssh.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

/// A host key in /etc/ssh.
struct HostKey {
  std::string type;         ///< "ed25519", "rsa", "ecdsa"
  std::string fingerprint;  ///< "SHA256:…"
};

/// Largest host key file that is read, in bytes.
inline constexpr std::size_t kHostKeyLimit = 1 << 16;

/// Returns the name of the private key file: "ssh_host_rsa_key". The public key's has ".pub" after
/// it.
[[nodiscard]] std::string host_key_name(std::string_view type);
/// Returns the path of the private key: "/etc/ssh/ssh_host_rsa_key".
[[nodiscard]] std::string host_key_path(std::string_view type);

/// Returns the host key of one type, with the fingerprint of its .pub file. Returns nullopt unless
/// both files exist and are valid.
[[nodiscard]] std::optional<HostKey> read_host_key(const Root& root, const std::string& type);
/// Returns all host keys as read_host_key() does, sorted by type. Empty if /etc/ssh cannot be read.
[[nodiscard]] std::vector<HostKey> read_host_keys(const Root& root);

/// Removes all ssh_host_*_key{,.pub} whose type is not among `kept`. Errors: kIo, kReadOnly.
[[nodiscard]] Result<void> remove_host_keys_except(const Root& root,
                                                   const std::vector<HostKey>& kept);

}  // namespace azl::provision
