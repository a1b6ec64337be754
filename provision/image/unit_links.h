// The links by which units are enabled in a tree, as systemctl(1) makes and removes them.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

/// Returns the links in /etc/systemd/system that have a unit started, in the directories .wants and
/// .requires of others.
[[nodiscard]] std::vector<std::string> find_enabling_links(const Root& root,
                                                           const std::string& unit);

/// Has multi-user.target want the unit. Does nothing if it does. Errors: kInvalidInput if there is
/// no such unit; kIo.
[[nodiscard]] Result<void> make_enabling_link(const Root& root, const std::string& unit);

/// Removes what find_enabling_links() returns. Errors: kIo.
[[nodiscard]] Result<void> remove_enabling_links(const Root& root, const std::string& unit);

/// Masks a unit, which then cannot be started. Errors: kIo, also if /etc has a unit file of this
/// name.
[[nodiscard]] Result<void> make_mask(const Root& root, const std::string& unit);

}  // namespace azl::provision
