// How programs of the system, which know nothing of Root, are let at a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/root.h"

namespace azl::provision {

/// The absolute path, free of symbolic links, of a directory that Root has resolved: what a program
/// gets that would follow a link out of the tree. It holds as long as nobody else changes the tree
/// meanwhile, which below /etc, /run and the tree itself only root can. (A /proc/PID/fd/N would
/// hold against that too, but mount(2) takes none from another mount namespace.) Errors: kIo.
[[nodiscard]] Result<std::string> tree_path(const Root& root, std::string_view path);

/// A failed tool as a failure of what it was run for, in its own words. What says more by itself,
/// a full or a read-only disk, keeps its reason.
[[nodiscard]] std::unexpected<Error> fail_tool(Reason reason, Error&& error,
                                               std::string context = {});

/// A directory for what a tool makes or is shown. It is gone with all that is in it when this goes.
class Staging {
 public:
  /// Makes the directory `path` of the tree, or takes and empties the one that an interrupted run
  /// has left: 0700, owned by this process. Errors: kIo, also when directories in it are not empty.
  [[nodiscard]] static Result<Staging> make(const Root& root, std::string path);
  Staging(Staging&&) = default;
  Staging& operator=(Staging&&) = delete;
  ~Staging();

  /// As Root has it.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// As a program has it: tree_path().
  [[nodiscard]] const std::string& real_path() const { return real_path_; }

 private:
  Staging(UniqueFd parent, UniqueFd directory, std::string path, std::string real_path);
  UniqueFd parent_;
  UniqueFd directory_;
  std::string path_;
  std::string real_path_;
};

}  // namespace azl::provision
