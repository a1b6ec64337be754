// Reads a tree's accounts from the local sources of its name service, and checks who may be the
// admin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "base/root.h"
#include "provision/accounts/user_name.h"

namespace azl::provision {

/// Largest database that is read, in bytes. 100,000 accounts take 6 MiB.
inline constexpr std::size_t kDatabaseLimit = 16 << 20;

/// One account: a line of passwd(5), or a user record of systemd's userdb.
struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
  std::string shell;
  std::string outside = {};  ///< the file that has it; empty for /etc/passwd
  /// The file that has it.
  [[nodiscard]] std::string file() const { return outside.empty() ? "/etc/passwd" : outside; }
};

/// One group: a line of group(5), or a group record of systemd's userdb.
struct Group {
  std::string name;
  gid_t gid = 0;
  std::vector<std::string> members = {};  ///< names; users with this primary group are not listed
  std::string outside = {};               ///< the file that has it; empty for /etc/group
};

/// One line of /etc/subuid or /etc/subgid.
struct IdRange {
  std::string user;  ///< name or uid of the user who may map these ids
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  [[nodiscard]] bool has(std::uint32_t id) const { return id >= first && id - first < count; }
};

/// The accounts and groups of a tree, those of /etc/passwd and /etc/group first.
struct AccountFacts {
  std::vector<Account> accounts = {};
  std::vector<Group> groups = {};
  std::vector<IdRange> subuids = {};  ///< of /etc/subuid
  std::vector<IdRange> subgids = {};  ///< of /etc/subgid
  uid_t uid_min = 1000;               ///< login.defs UID_MIN
  uid_t uid_max = 60000;              ///< login.defs UID_MAX
  /// Returns the first account of this name in /etc/passwd, or null.
  [[nodiscard]] const Account* find(std::string_view name) const;
  /// Returns the first account with this uid in any source, or null.
  [[nodiscard]] const Account* find_uid(uid_t uid) const;
  /// Returns the first group of this name in any source, or null.
  [[nodiscard]] const Group* find_group(std::string_view name) const;
  [[nodiscard]] bool has_group(std::string_view name) const { return find_group(name) != nullptr; }
};

/// Parses passwd(5). Skips malformed lines and NIS entries ("+::::::").
[[nodiscard]] std::vector<Account> parse_passwd(std::string_view text);
/// Parses group(5). Skips malformed lines and NIS entries.
[[nodiscard]] std::vector<Group> parse_groups(std::string_view text);
/// Parses subuid(5) and subgid(5). Skips malformed lines.
[[nodiscard]] std::vector<IdRange> parse_id_ranges(std::string_view text);
/// Reads the accounts below `root`: /etc/passwd, /etc/group, and the other local sources that
/// nsswitch.conf names (nsswitch.h). No service is asked. All files but /etc/passwd may be missing.
/// Errors: kIo; kInvalidInput if a file is too large.
[[nodiscard]] Result<AccountFacts> read_accounts(const Root& root);

/// Returns the names of an account's groups, its primary group included. Errors: as read_accounts.
[[nodiscard]] Result<std::vector<std::string>> groups_of(const Root& root, const Account& account);

/// Checks that a user may become the admin: check_user_name() accepts the name, each existing
/// account of this name has a uid from UID_MIN to UID_MAX that is not 0, and /etc/passwd has one of
/// them. Errors: kUserName; kUser if only another source has the account, which shadow-utils cannot
/// change.
[[nodiscard]] Result<void> check_admin(const AccountFacts& facts, std::string_view name);

/// Checks that useradd may make an account that is no admin, or that /etc/passwd has it:
/// check_user_name() accepts the name, no other source has it, and no account has `uid`. Errors:
/// kUserName, kUser.
[[nodiscard]] Result<void> check_new_account(const AccountFacts& facts, std::string_view name,
                                             std::optional<uid_t> uid);

/// Returns the uid of a new account if useradd must not choose: another source than /etc/passwd and
/// /etc/group has ids from UID_MIN to UID_MAX, which useradd does not see in a tree. No account and
/// no group has the returned id. Returns nullopt if useradd may choose, or if no id is free.
[[nodiscard]] std::optional<uid_t> choose_uid(const AccountFacts& facts);

}  // namespace azl::provision
