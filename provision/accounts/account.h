// The accounts of a tree: what /etc/passwd, /etc/group and login.defs say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

/// Bytes of a database that are read at the most: an image with 100,000 accounts has 6 MiB.
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
  std::vector<std::string> members;  ///< names; those whose primary group it is are not among them
};

/// What deciding needs to know of a tree's accounts.
struct AccountFacts {
  std::vector<Account> accounts;
  std::vector<std::string> groups;  ///< names
  uid_t uid_min = 1000;             ///< login.defs UID_MIN
  uid_t uid_max = 60000;            ///< login.defs UID_MAX
  [[nodiscard]] const Account* find(std::string_view name) const;
  [[nodiscard]] bool has_group(std::string_view name) const;
};

/// Pure parts of it; malformed lines are left out, as are those of NIS ("+::::::").
[[nodiscard]] std::vector<Account> parse_passwd(std::string_view text);
[[nodiscard]] std::vector<Group> parse_groups(std::string_view text);
[[nodiscard]] std::vector<std::string> parse_group_names(std::string_view text);
/// Reads them below `root`; without /etc/group there are no groups, without login.defs its defaults
/// hold. Errors: kIo, kInvalidInput when one of them is there and can't be read.
[[nodiscard]] Result<AccountFacts> read_accounts(const Root& root);

/// The names of the groups that an account is in, its own among them. Errors: as read_accounts.
[[nodiscard]] Result<std::vector<std::string>> groups_of(const Root& root, const Account& account);

/// The rule for names that the platform may give: [A-Za-z_][A-Za-z0-9_.-]*, at most 32 bytes, not
/// "root". Errors: kUserName with what is wrong.
[[nodiscard]] Result<void> check_user_name(std::string_view name);
/// Whether this name may be the admin user here: check_user_name, and an existing account of it
/// must have UID_MIN <= uid <= UID_MAX, and never 0. Errors: kUserName.
[[nodiscard]] Result<void> check_admin(const AccountFacts& facts, std::string_view name);

}  // namespace azl::provision
