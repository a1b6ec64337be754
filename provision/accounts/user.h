// Makes a user: the account, its groups and its home.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/home.h"

namespace azl::provision {

/// What useradd is to do for a new account. An account that exists stays as it is.
struct NewAccount {
  std::optional<uid_t> uid = {};   ///< nullopt: a free one
  std::string primary_group = {};  ///< which must exist; empty: a group of the user's own
  std::string home = {};           ///< absolute; empty: by /etc/default/useradd
  std::string expires = {};        ///< "2030-12-31"; empty: never
  std::string inactive = {};       ///< days; empty: by /etc/default/useradd
  bool own_group = true;           ///< false: the group of /etc/default/useradd
  bool make_home = true;
  bool system = false;
  bool log_init = true;  ///< adds the user to lastlog and faillog
  bool any_uid = false;  ///< its uid may be outside of UID_MIN to UID_MAX
  /// It counts as half-made until end_making(): more has to be done in the same run.
  bool goes_on = false;
};

/// The wanted user.
struct UserWish {
  std::string name;
  std::string comment;              ///< GECOS of a new account
  std::string shell;                ///< of a new account; empty: by /etc/default/useradd
  std::vector<std::string> groups;  ///< supplementary groups, which must exist
  NewAccount account = {};
};

/// What is changed of an account that exists. Empty: it stays.
struct AccountChange {
  std::string comment = {};  ///< GECOS
  std::string shell = {};
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
/// (home_owner.h). A home that the wish names, and that is not the account's by its path
/// (is_home_of()), is made if it is missing, and else stays as it is. Removes and makes again an
/// account that an interrupted run of ours left. Runs useradd, userdel, usermod, groupadd, groupmod
/// and chpasswd, with -R DIR in a tree, and first removes stale lock files (databases.h). Errors:
/// kUserName, kUser (check_admin, decide_home), kUser with the tool's message, kIo, kDiskFull,
/// kReadOnly.
[[nodiscard]] Result<MadeUser> ensure_user(const Root& root, Processes& processes,
                                           const UserWish& wish, const Deadline& deadline);

/// Whether an interrupted run of ensure_user() left an account of this name that the next one makes
/// again. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<bool> is_half_made(const Root& root, const std::string& user);

/// Ends what ensure_user() began with `goes_on`, also if it failed: what is there counts as made.
/// Errors: kIo, kReadOnly, kInvalidInput.
[[nodiscard]] Result<void> end_making(const Root& root, const std::string& user);

/// Runs usermod; in a tree, with -R DIR. Does nothing if nothing is to be changed. Errors: kUser
/// with usermod's message; kDiskFull, kReadOnly.
[[nodiscard]] Result<void> change_account(const Root& root, Processes& processes,
                                          const std::string& user, const AccountChange& change,
                                          const Deadline& deadline);

}  // namespace azl::provision
