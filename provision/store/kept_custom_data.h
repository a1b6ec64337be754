// Copies of custom data where cloud-init has them, [CustomData] Keep=yes.
//
// cloud-init's /var/lib/cloud/instance is a link. If it is a directory, this program made it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

inline constexpr std::string_view kInstanceDirectory = "/var/lib/cloud/instance";
inline constexpr std::string_view kUserDataFile = "/var/lib/cloud/instance/user-data.txt";
inline constexpr std::string_view kKeptScripts = "/var/lib/cloud/instance/scripts";

struct KeptScript {
  std::string_view name;  ///< a file name
  std::string_view text;
};

/// Makes the directory, also if a link that leads nowhere is in its place, which an image has in
/// which cloud-init was removed. Errors: as Root::make_directory.
[[nodiscard]] Result<void> make_instance_directory(const Root& root);

/// Writes the document (0600) and its scripts (0700). Replaces the copies of another VM, and
/// cloud-init's link. Errors: as Root::write.
[[nodiscard]] Result<void> keep_custom_data(const Root& root, std::string_view document,
                                            std::span<const KeptScript> scripts);

/// Removes the copies, and returns their paths. Leaves what cloud-init left, and directories that
/// somebody made among the scripts. Errors: kIo, kReadOnly.
[[nodiscard]] Result<std::vector<std::string>> remove_kept_custom_data(const Root& root);

}  // namespace azl::provision
