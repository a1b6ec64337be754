// A user's password: set, locked, or looked at.
#pragma once

#include <string>
#include <string_view>

#include "base/process.h"
#include "base/root.h"
#include "base/secret.h"

namespace azl::provision {

/// What becomes of a password: locked ("!"), set, or left as it is.
enum class PasswordChange { kLocked, kSet, kUnchanged };
/// [User] PasswordHash=
enum class PasswordHash { kSha512, kYescrypt };

/// Sets the password (its hash by chpasswd -e on stdin; skipped when the present hash is this
/// password's already), locks it (usermod --lock, which keeps the hash behind a "!"), or does
/// nothing. Returns whether anything changed. Errors: kPassword, also for an empty password, one
/// with a NUL in it or of more than 511 bytes, which crypt(3) cannot take.
[[nodiscard]] Result<bool> ensure_password(const Root& root, Processes& processes,
                                           const std::string& user, PasswordChange change,
                                           const Secret& password, PasswordHash hash,
                                           const Deadline& deadline);

/// Whether the password field of a user in /etc/shadow lets somebody log in. False without an
/// entry, for a locked or malformed one, and for an empty one: sshd takes no empty password.
/// Errors: kIo, kInvalidInput.
[[nodiscard]] Result<bool> password_usable(const Root& root, std::string_view user);

}  // namespace azl::provision
