// Makes the admin user's account, groups and home.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/home.h"

namespace azl::provision {

/// The wanted user.
struct UserWish {
  std::string name;
  std::string comment;              ///< GECOS of a new account
  std::string shell;                ///< of a new account
  std::vector<std::string> groups;  ///< supplementary groups, which must exist
};

/// The user as made.
struct MadeUser {
  Account account;                 ///< as read back
  std::vector<Group> copied = {};  ///< groups that were copied to /etc/group; `outside`: from where
  ClaimedHome home = {};           ///< what became of a home that existed
};

/// Creates the account with its home, or adopts an existing one: adds missing groups and removes
/// nothing. Copies groups that stand outside /etc/group into it (local_groups.h). Completes an
/// account whose shadow entry, own group or home is missing. Takes over a home whose owner is gone
/// (home_owner.h). Removes and makes again an account that an interrupted run of ours left. Runs
/// useradd, userdel, usermod, groupadd, groupmod and chpasswd, with -R DIR in a tree, and first
/// removes stale lock files (databases.h). Errors: kUserName, kUser (check_admin, decide_home),
/// kUser with the tool's message, kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<MadeUser> ensure_user(const Root& root, Processes& processes,
                                           const UserWish& wish, const Deadline& deadline);

}  // namespace azl::provision
