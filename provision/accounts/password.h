// Sets, locks or checks a user's password.
#pragma once

#include <string>
#include <string_view>

#include "base/process.h"
#include "base/root.h"
#include "base/secret.h"

namespace azl::provision {

/// What to do with a password: lock it ("!"), set it, or keep it.
enum class PasswordChange { kLocked, kSet, kUnchanged };
/// [User] PasswordHash=
enum class PasswordHash { kSha512, kYescrypt };

/// Changes a user's password. Returns whether anything changed.
/// kSet gives the hash to chpasswd -e on stdin, unless the present hash matches the password.
/// kLocked runs usermod --lock, which keeps the hash behind a "!". kUnchanged does nothing.
/// Errors: kPassword, also for a password that is empty, has a NUL byte, or is longer than the 511
/// bytes that crypt(3) takes; kDiskFull, kReadOnly.
[[nodiscard]] Result<bool> ensure_password(const Root& root, Processes& processes,
                                           const std::string& user, PasswordChange change,
                                           const Secret& password, PasswordHash hash,
                                           const Deadline& deadline);

/// Whether a user can log in with a password, by the field in /etc/shadow. False if the field is
/// missing, locked, malformed, or empty: sshd refuses empty passwords. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<bool> password_usable(const Root& root, std::string_view user);

}  // namespace azl::provision
