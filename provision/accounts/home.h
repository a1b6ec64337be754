// A user's home directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/root.h"
#include "provision/accounts/account.h"
#include "provision/accounts/home_owner.h"
#include "provision/accounts/home_takeover.h"

namespace azl::provision {

/// What became of a home that existed.
struct ClaimedHome {
  bool changed = false;                     ///< it belonged to somebody else
  bool of_other = false;                    ///< it belongs to somebody else, and stays so
  std::string why = {};                     ///< HomeChoice::why
  std::optional<TakenHome> taken = {};      ///< if it was taken over
  std::vector<std::string> set_aside = {};  ///< find_set_aside(): by this run or an interrupted one
};

/// Makes an existing home the account's, as decide_home() decides. Does not make a missing one.
/// Idempotent. Errors: kUser; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<ClaimedHome> claim_home(const Root& root, const Account& account,
                                             const AccountFacts& facts, bool is_new);

/// Makes a home that somebody chose although it is not the account's by its path. Keeps one that
/// exists with its owner. Copies /etc/skel to one that is the account's. Errors: kUser if it is no
/// directory; kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<ClaimedHome> ensure_named_home(const Root& root, const Account& account,
                                                    const AccountFacts& facts);

/// Makes the home of an account if it is missing. Copies /etc/skel to a home that is new, empty, or
/// was taken over, or if `fill` is true; keeps the files that are there. Sets SELinux labels in a
/// tree. Call claim_home() first. Errors: kUser if the home is not the account's; kIo, kDiskFull,
/// kReadOnly.
[[nodiscard]] Result<void> ensure_home(const Root& root, const Account& account, bool fill);

}  // namespace azl::provision
