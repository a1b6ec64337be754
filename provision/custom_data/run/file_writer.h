// Writes the files of write_files.
#pragma once

#include <map>
#include <string>

#include <sys/types.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/root.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// The file systems of files that were written and not synced. Syncing each of them once takes a
/// fraction of the time that syncing each file takes.
class UnsyncedFiles {
 public:
  /// Notes a file of `root`. Errors: kIo.
  [[nodiscard]] Result<void> add(const Root& root, const std::string& path);
  /// Syncs what was noted. Errors: kIo, kDiskFull (the file system found no room only now).
  [[nodiscard]] Result<void> sync();

 private:
  std::map<dev_t, UniqueFd> file_systems_;
};

/// Writes one file as cloud-init does: makes missing parents, which get the file's owner, or that
/// of the user's directory that they are in; follows links to the file that they name; gives an
/// existing file its content, owner and mode. A plain file is replaced atomically. What cannot be
/// replaced, such as a file of /proc, is written in place. Returns the path that was written.
///
/// Links that are not root's are refused. Below the first directory of the path that is not root's,
/// no link is followed, a file is always replaced, and one with a second name is not appended to,
/// because the directory's owner could plant them.
///
/// A file that is replaced is durable when this returns. With `unsynced` it is not synced, but
/// noted there.
///
/// Errors: kCustomData (no such user or group, the path is a directory or a FIFO, a link that is
/// not root's), kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> write_file(const Root& root, const WriteFile& file,
                                             UnsyncedFiles* unsynced = nullptr);

}  // namespace azl::provision::custom_data
