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

/// Hashes a password. Errors: kPassword, as of ensure_password().
[[nodiscard]] Result<Secret> hash_password(const Secret& password, PasswordHash hash);

/// Sets the password of a user to a hash, or to a field such as "!" by which nobody can log in,
/// unless it is that already. Gives it to chpasswd -e on stdin. Returns whether anything changed.
/// Errors: kPassword, also for a hash with a ':', a blank or a control character; kDiskFull,
/// kReadOnly.
[[nodiscard]] Result<bool> set_password_hash(const Root& root, Processes& processes,
                                             const std::string& user, const Secret& hash,
                                             const Deadline& deadline);

/// Takes the "!" before the hash of a user away, by usermod --unlock. Returns false if there is no
/// "!", or no hash behind it. Errors: kPassword, kDiskFull, kReadOnly.
[[nodiscard]] Result<bool> unlock_password(const Root& root, Processes& processes,
                                           const std::string& user, const Deadline& deadline);

/// Makes a password of 20 random letters, digits and punctuation marks, with one of each kind at
/// least. Errors: kPassword if the kernel gives no random numbers.
[[nodiscard]] Result<Secret> make_random_password();

/// Whether a user can log in with a password, by the field in /etc/shadow. False if the field is
/// missing, locked, malformed, or empty: sshd refuses empty passwords. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<bool> password_usable(const Root& root, std::string_view user);

}  // namespace azl::provision
