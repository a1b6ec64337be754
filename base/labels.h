// SELinux labels of what is written, from the running system's policy or from a tree's own.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "base/error.h"

namespace azl {

/// The file contexts of one policy. libselinux, selabel_lookup(3).
class Labels {
 public:
  /// The running system's (live, SELinux enabled), or that of the tree `directory` by its
  /// /etc/selinux/config and /etc/selinux/TYPE/contexts/files/file_contexts; null where there is
  /// none.
  [[nodiscard]] static Result<std::unique_ptr<Labels>> open(const std::string& directory,
                                                            bool live);
  virtual ~Labels() = default;
  /// The context for a path of the tree ("/etc/hostname"); empty when the policy has none for it.
  [[nodiscard]] virtual std::string lookup(const std::string& path, mode_t mode) const = 0;
};

}  // namespace azl
