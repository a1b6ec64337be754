// Running system programs: their errors, and a directory for their files. Such programs do not
// resolve paths below a Root.
#pragma once

#include <string>

#include "base/error.h"
#include "base/private_directory.h"
#include "base/root.h"

namespace azl::provision {

/// Returns a tool's error with the reason of what the tool was run for, and with the tool's
/// message. kDiskFull and kReadOnly keep their own reason, which says more.
[[nodiscard]] std::unexpected<Error> fail_tool(Reason reason, Error&& error,
                                               std::string context = {});

/// Makes a directory of the running system for files that a tool reads or writes. It is not in the
/// tree, because the owner of the tree could replace a part of the path while the tool runs as
/// root. Errors: kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<PrivateDirectory> make_staging(const Root& root);

}  // namespace azl::provision
