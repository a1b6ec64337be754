// Makes the admin user's account, groups and home.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// The wanted user.
struct UserWish {
  std::string name;
  std::string comment;              ///< GECOS of a new account
  std::string shell;                ///< of a new account
  std::vector<std::string> groups;  ///< supplementary groups, which must exist
};

/// Creates the account with its home, or adopts an existing one: adds missing groups and removes
/// nothing. Completes an account whose shadow entry, own group or home is missing. Removes and
/// makes again an account that an interrupted run of ours left. Runs useradd, userdel, usermod,
/// groupadd, groupmod and chpasswd, with -R DIR in a tree, and first removes stale lock files
/// (databases.h). Returns the account as read back. Errors: kUserName (check_admin), kUser with the
/// tool's message, kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<Account> ensure_user(const Root& root, Processes& processes,
                                          const UserWish& wish, const Deadline& deadline);

}  // namespace azl::provision
