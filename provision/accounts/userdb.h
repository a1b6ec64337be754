// Reads the record files of systemd's userdb. Format: https://systemd.io/USER_RECORD,
// https://systemd.io/GROUP_RECORD and nss-systemd(8).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// Largest record that is read, in bytes.
inline constexpr std::size_t kUserRecordLimit = 256 << 10;
/// Most record files in one directory.
inline constexpr std::size_t kMostUserRecords = 4096;

/// The accounts and groups of the record files. `outside` is the path of each file.
struct Userdb {
  std::vector<Account> accounts;
  std::vector<Group> groups;
};

/// Parses the record in NAME.user. A record without "gid" has the uid as gid, one without
/// "homeDirectory" has /home/NAME. Errors: kInvalidInput if it is not JSON, is of another name, has
/// no uid, or has characters that passwd(5) cannot hold.
[[nodiscard]] Result<Account> parse_user_record(std::string_view text, std::string_view name);
/// Parses the record in NAME.group. Leaves out members with invalid names. Errors: kInvalidInput,
/// as above.
[[nodiscard]] Result<Group> parse_group_record(std::string_view text, std::string_view name);
/// Reads NAME.user, NAME.group and USER:GROUP.membership in /etc/userdb, /run/userdb,
/// /run/host/userdb, /usr/local/lib/userdb and /usr/lib/userdb. The first directory that has a file
/// name wins. Skips records that cannot be read or parsed, as systemd does. Errors: kIo if a
/// directory cannot be read; kInvalidInput if it has more than kMostUserRecords files.
[[nodiscard]] Result<Userdb> read_userdb(const Root& root);

}  // namespace azl::provision
