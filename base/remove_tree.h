// Removes a directory with all that is in it.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/root.h"

namespace azl {

/// Removes a file, a link or a whole directory. Follows no symbolic link on the way to `path` and
/// below it, and enters no mount: what is mounted below the directory stays, and so do the
/// directories above it. Goes on after an error and returns the first one. Does not tell the root's
/// observer. Returns whether anything was there. Errors: kIo; kInvalidInput if the directory is
/// nested too deep.
[[nodiscard]] Result<bool> remove_tree(const Root& root, std::string_view path);

}  // namespace azl
