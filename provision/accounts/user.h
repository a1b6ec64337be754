// Makes the admin user what the plan says: account, groups, home.
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

}  // namespace azl::provision
