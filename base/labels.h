// SELinux labels of written files, from the policy of the running system or of a tree.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "base/error.h"

namespace azl {

/// The file contexts of one policy. libselinux, selabel_lookup(3).
class Labels {
 public:
  /// Opens the policy of the running system (`live`), or that of the tree `directory`, which its
  /// /etc/selinux/config and /etc/selinux/TYPE/contexts/files/file_contexts define. Returns null if
  /// SELinux is disabled or there is no policy.
  [[nodiscard]] static Result<std::unique_ptr<Labels>> open(const std::string& directory,
                                                            bool live);
  virtual ~Labels() = default;
  /// Returns the context of a path in the tree ("/etc/hostname"); empty if the policy has none.
  [[nodiscard]] virtual std::string lookup(const std::string& path, mode_t mode) const = 0;
};

}  // namespace azl
