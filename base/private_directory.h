// A directory of the running system for files that a program reads or writes.
//
//   const auto staging = OR_RETURN(PrivateDirectory::make({"/run", "/tmp"}));
//   OR_RETURN(processes.run({.argv = {"ssh-keygen", "-f", staging.path() + "/key", …}}, deadline));
//   const auto key = OR_RETURN(staging.files().read("/key"));
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/root.h"

namespace azl {

/// A directory that only this user can enter: nobody else can replace what is in it, or a component
/// of its path. Removed with its content on destruction. The next make() removes one that a killed
/// process left.
class PrivateDirectory {
 public:
  /// Makes a directory with a new name and mode 0700 in the first of `parents` in which it can be
  /// made. The parents are directories of the running system in which only root or, as in /tmp, the
  /// owner of an entry can replace that entry. Errors: kIo, kDiskFull, kReadOnly, of the last
  /// parent.
  [[nodiscard]] static Result<PrivateDirectory> make(const std::vector<std::string>& parents);
  PrivateDirectory(PrivateDirectory&&) = default;
  PrivateDirectory& operator=(PrivateDirectory&&) = delete;
  ~PrivateDirectory();

  /// The absolute path, for programs.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The files in it, as a root.
  [[nodiscard]] const Root& files() const { return files_; }

 private:
  PrivateDirectory(UniqueFd lock, std::string path, Root files);

  UniqueFd lock_;  ///< the directory, locked: it is in use
  std::string path_;
  Root files_;
};

}  // namespace azl
