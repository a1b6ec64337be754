// Makes groups, and adds users to them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"

namespace azl::provision {

/// What ensure_groups() did.
struct MadeGroups {
  std::vector<std::string> made;
  std::vector<Error>
      failures;  ///< of each other group: kGroup with groupadd's message; kDiskFull …
};

/// Makes each group that is missing, by groupadd; in a tree, with -R DIR. One that fails does not
/// keep the others from being made. Errors: kIo, kInvalidInput if the groups cannot be read.
[[nodiscard]] Result<MadeGroups> ensure_groups(const Root& root, Processes& processes,
                                               std::span<const std::string> names,
                                               const Deadline& deadline);

/// What add_members() did.
struct AddedMembers {
  std::vector<std::string> added;    ///< users who were not in the group
  std::vector<std::string> missing;  ///< users who do not exist
  std::vector<Error> failures;       ///< of each other user: kGroup with usermod's message; …
};

/// Adds users to a group, which must exist, by usermod; in a tree, with -R DIR. Copies a group that
/// stands outside /etc/group into it (local_groups.h). One user who fails does not keep the others
/// from being added. Errors: kGroup if there is no such group; kIo, kDiskFull, kReadOnly, kTimeout.
[[nodiscard]] Result<AddedMembers> add_members(const Root& root, Processes& processes,
                                               const std::string& group,
                                               std::span<const std::string> users,
                                               const Deadline& deadline);

}  // namespace azl::provision
