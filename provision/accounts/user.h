// Makes the admin user what the plan says: account, groups, password, sudo.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "base/secret.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// What becomes of a password: locked ("!"), set, or left as it is.
enum class PasswordChange { kLocked, kSet, kUnchanged };
/// [User] PasswordHash=
enum class PasswordHash { kSha512, kYescrypt };
/// [User] Sudo=: without a password, with it, or no entry.
enum class SudoRule { kNoPassword, kPassword, kNone };

/// The wanted user.
struct UserWish {
  std::string name;
  std::string comment;              ///< GECOS of a new account
  std::string shell;                ///< of a new account
  std::vector<std::string> groups;  ///< supplementary; all of them exist
};

/// Creates the account with its home, or adopts it (missing groups added, missing home made,
/// nothing taken away). One of an image that is incomplete is completed: in passwd but not in
/// shadow, its own group missing, no home. One that an interrupted run of ours left is made anew.
/// Tools: useradd, userdel, usermod, groupadd, groupmod, chpasswd, with -R DIR in a tree; lock
/// files of theirs that outlived a power failure are removed first. Returns the account as it now
/// stands. Errors: kUserName (check_admin), kUser with the tool's words, kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<Account> ensure_user(const Root& root, Processes& processes,
                                          const UserWish& wish, const Deadline& deadline);

/// Sets the password (its hash by chpasswd -e on stdin; skipped when the present hash is this
/// password's already), locks it (usermod --lock, which keeps the hash behind a "!"), or does
/// nothing. Returns whether anything changed. Errors: kPassword, also for an empty password, one
/// with a NUL in it or of more than 511 bytes, which crypt(3) cannot take.
[[nodiscard]] Result<bool> ensure_password(const Root& root, Processes& processes,
                                           const std::string& user, PasswordChange change,
                                           const Secret& password, PasswordHash hash,
                                           const Deadline& deadline);

/// The sudoers line of a user. Names that sudoers could take for an alias or a word of its own
/// ([A-Z][A-Z0-9_]*, "Defaults", …) or that need quoting are given as #uid.
[[nodiscard]] std::string sudoers_text(const Account& account, SudoRule rule);
/// Writes /etc/sudoers.d/90-azl-provision (0440, root's) after `visudo -c -f -` took its text;
/// removes it for kNone. Returns whether it changed. Errors: kSudoers; kToolMissing when visudo is
/// not there though /etc/sudoers.d is; without /etc/sudoers.d (no sudo installed) kSudoers too.
[[nodiscard]] Result<bool> ensure_sudoers(const Root& root, Processes& processes,
                                          const Account& account, SudoRule rule,
                                          const Deadline& deadline);

/// Whether the password field of a user in /etc/shadow lets somebody log in. False without an
/// entry, for a locked or malformed one, and for an empty one: sshd takes no empty password.
/// Errors: kIo, kInvalidInput.
[[nodiscard]] Result<bool> password_usable(const Root& root, std::string_view user);

}  // namespace azl::provision
