// Writes the files of write_files.
#pragma once

#include <string>

#include "base/error.h"
#include "base/root.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// Writes one file as cloud-init does: makes missing parents, which get the file's owner, or that
/// of the user's directory that they are in; follows links to the file that they name; gives an
/// existing file its content, owner and mode. A plain file is replaced atomically. What cannot be
/// replaced, such as a file of /proc, is written in place. Returns the path that was written.
///
/// Links that are not root's are refused. Below the first directory of the path that is not root's,
/// no link is followed, a file is always replaced, and one with a second name is not appended to,
/// because the directory's owner could plant them.
///
/// Errors: kCustomData (no such user or group, the path is a directory or a FIFO, a link that is
/// not root's), kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> write_file(const Root& root, const WriteFile& file);

}  // namespace azl::provision::custom_data
