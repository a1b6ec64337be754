// Copies groups that stand outside /etc/group into it. usermod and useradd ignore a group that only
// another source has, and groupadd refuses to make it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/root.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// Returns the text of group(5) with lines for `groups` added, before NIS entries ("+"), which end
/// the local ones. Members are kept.
[[nodiscard]] std::string add_groups(std::string_view text, std::span<const Group> groups);
/// As add_groups, for gshadow(5): locked group passwords. Leaves out groups that the text has.
[[nodiscard]] std::string add_group_shadows(std::string_view text, std::span<const Group> groups);

/// Copies the groups of these names to /etc/group, with gid and members, and to /etc/gshadow if
/// that exists. Leaves out groups that /etc/group has, or that no source has. Returns the copied
/// groups. The files change atomically, under the lock of lckpwdf(3). Errors: kTimeout, kIo,
/// kInvalidInput, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::vector<Group>> copy_groups(const Root& root, const AccountFacts& facts,
                                                     std::span<const std::string> names,
                                                     const Deadline& deadline);

}  // namespace azl::provision
