// Reads a tree's accounts from /etc/passwd, /etc/group and /etc/login.defs, and checks user names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

/// Largest database that is read, in bytes. 100,000 accounts take 6 MiB.
inline constexpr std::size_t kDatabaseLimit = 16 << 20;

/// One line of /etc/passwd.
struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
  std::string shell;
};

/// One line of /etc/group.
struct Group {
  std::string name;
  gid_t gid = 0;
  std::vector<std::string> members;  ///< names; users with this primary group are not listed
};

/// The accounts and groups of a tree.
struct AccountFacts {
  std::vector<Account> accounts;
  std::vector<std::string> groups;  ///< names
  uid_t uid_min = 1000;             ///< login.defs UID_MIN
  uid_t uid_max = 60000;            ///< login.defs UID_MAX
  /// Returns the first account of this name, or null.
  [[nodiscard]] const Account* find(std::string_view name) const;
  [[nodiscard]] bool has_group(std::string_view name) const;
};

/// Parses /etc/passwd. Skips malformed lines and NIS entries ("+::::::").
[[nodiscard]] std::vector<Account> parse_passwd(std::string_view text);
/// Parses /etc/group. Skips malformed lines and NIS entries.
[[nodiscard]] std::vector<Group> parse_groups(std::string_view text);
/// Reads the accounts below `root`. /etc/group and /etc/login.defs may be missing. Errors: kIo;
/// kInvalidInput if a file is too large.
[[nodiscard]] Result<AccountFacts> read_accounts(const Root& root);

/// Returns the names of an account's groups, its primary group included. Errors: as read_accounts.
[[nodiscard]] Result<std::vector<std::string>> groups_of(const Root& root, const Account& account);

/// Checks that a user name matches [A-Za-z_][A-Za-z0-9_.-]*, has at most 32 bytes and is not
/// "root". Errors: kUserName.
[[nodiscard]] Result<void> check_user_name(std::string_view name);
/// Checks that a user may become the admin: check_user_name() accepts the name, and each existing
/// account of this name has a uid from UID_MIN to UID_MAX that is not 0. Errors: kUserName.
[[nodiscard]] Result<void> check_admin(const AccountFacts& facts, std::string_view name);

}  // namespace azl::provision
