// Running system programs on a tree: real paths, errors, and a staging directory. Such programs do
// not resolve paths below a Root.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/root.h"

namespace azl::provision {

/// Returns the absolute path of a directory of the tree, as Root resolves it, without symbolic
/// links. Give it to programs that would follow a link out of the tree. The path stays right as
/// long as nobody changes the tree; below /etc, /run and the tree itself only root can. A path
/// /proc/PID/fd/N would always stay right, but mount(2) does not accept it from another mount
/// namespace. Errors: kIo.
[[nodiscard]] Result<std::string> tree_path(const Root& root, std::string_view path);

/// Returns a tool's error with the reason of what the tool was run for, and with the tool's
/// message. kDiskFull and kReadOnly keep their own reason, which says more.
[[nodiscard]] std::unexpected<Error> fail_tool(Reason reason, Error&& error,
                                               std::string context = {});

/// A directory for files that a tool reads or writes. Removed with its content on destruction.
class Staging {
 public:
  /// Makes the directory `path` of the tree with mode 0700, owned by this process. Empties one that
  /// an interrupted run left. Errors: kIo, also if it contains a directory that is not empty.
  [[nodiscard]] static Result<Staging> make(const Root& root, std::string path);
  Staging(Staging&&) = default;
  Staging& operator=(Staging&&) = delete;
  ~Staging();

  /// The path below the Root.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path for programs: tree_path().
  [[nodiscard]] const std::string& real_path() const { return real_path_; }

 private:
  Staging(UniqueFd parent, UniqueFd directory, std::string path, std::string real_path);
  UniqueFd parent_;
  UniqueFd directory_;
  std::string path_;
  std::string real_path_;
};

}  // namespace azl::provision
