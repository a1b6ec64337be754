// SELinux labels of written files, from the policy of the running system or of a tree.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "base/error.h"

namespace azl {

class Root;

/// The file contexts of one policy. libselinux, selabel_lookup(3).
class Labels {
 public:
  /// Opens the policy of the running system if `root` is live, else that of the tree, which its
  /// /etc/selinux/config and /etc/selinux/TYPE/contexts/files/file_contexts define. Ignores the
  /// compiled file_contexts.bin of a tree: the library does not check what it loads from there.
  /// Returns null if SELinux is disabled or there is no policy. Errors: kInvalidInput if file
  /// contexts are not a regular file or are longer than 8 MiB; kIo.
  [[nodiscard]] static Result<std::unique_ptr<Labels>> open(const Root& root);
  virtual ~Labels() = default;
  /// Returns the context of a path in the tree ("/etc/hostname"); empty if the policy has none.
  [[nodiscard]] virtual std::string lookup(const std::string& path, mode_t mode) const = 0;
};

}  // namespace azl
