// `azl-provision link-role` and `tune-link`, which udev's rule runs for each link.
#pragma once

#include <string>

namespace azl::provision {

/// Prints the role of a link as a udev property: "AZL_LINK_ROLE=vf". Returns the exit status.
[[nodiscard]] int link_role_command(const std::string& name);
/// Tunes a link that came after the local stage. udev puts what is printed into the journal.
/// Returns the exit status.
[[nodiscard]] int tune_link_command(int index);

}  // namespace azl::provision
