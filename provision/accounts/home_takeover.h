// Takes over a home whose owner is gone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "base/root.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// The suffix of files that let the former owner in or run commands. A number follows if that name
/// exists.
inline constexpr std::string_view kSetAside = ".before-azl-provision";
/// Deepest directory whose entries change their owner. Those of the home itself have depth 0.
inline constexpr int kDeepestTaken = 64;
/// Most entries that are looked at.
inline constexpr std::size_t kMostTaken = 500'000;

/// What taking over a home did.
struct TakenHome {
  uid_t former = 0;             ///< the uid that owned it
  std::size_t changed = 0;      ///< entries below the home with a new owner
  std::size_t left = 0;         ///< entries of the former uid that keep it
  std::string first_left = {};  ///< one of them, with the reason: "'a/b' has several …"
};

/// `keys_files`: further files from which sshd reads keys, relative to the home.
///
/// Gives the account's home and what belongs to its former owner to the account. Changes the uid of
/// entries that belong to exactly the former uid, and their gid if it is that of the home. Follows
/// no link, enters no mount and no other device. Leaves out device files, and files with further
/// hard links, which may be files outside the home. Of root's entries, takes only those in
/// directories that nobody else can write to: another user could exchange them. Removes set-user-ID
/// and set-group-ID bits. Before that, renames ~/.ssh/authorized_keys, `keys_files`, files that
/// shells and systemd run or read at a login, and their like. The home itself gets its owner last,
/// after a sync, so that an interrupted run is repeated. Errors: kUser if the home is not of
/// `former` or one of those files cannot be renamed; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<TakenHome> take_over_home(const Root& root, const Account& account,
                                               uid_t former,
                                               const std::vector<std::string>& keys_files = {});

/// Returns the names that take_over_home() gave to files of a home, relative to the home. Errors:
/// kIo.
[[nodiscard]] Result<std::vector<std::string>> find_set_aside(
    const Root& root, const Account& account, const std::vector<std::string>& keys_files = {});

}  // namespace azl::provision
