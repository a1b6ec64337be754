#include "base/remove_tree.h"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace azl {

namespace {

constexpr int kDeepest = 200;  // each level holds an open directory
constexpr std::size_t kLongestPath = 200;

using DirectoryStream = Handle<DIR, closedir>;

/// Returns the names in an open directory, without "." and "..".
Result<std::vector<std::string>> list_names(int directory) {
  const int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return fail_errno(errno, "opening it");
  const DirectoryStream stream(fdopendir(own));
  if (!stream) {
    const int error = errno;
    close(own);
    return fail_errno(error, "listing it");
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return fail_errno(errno, "listing it");
  return names;
}

/// Works on open directories only, so that no path leads out of the tree.
class TreeRemoval {
 public:
  /// Removes an entry of an open directory. Returns whether it was there. `path` is for messages.
  bool remove_entry(int directory, const std::string& name, const std::string& path, int depth) {
    if (unlinkat(directory, name.c_str(), 0) == 0) return true;
    if (errno == ENOENT) return false;
    // A directory: EISDIR on Linux; POSIX has EPERM.
    if (errno != EISDIR && errno != EPERM) return keep(errno, path);
    struct stat status{};
    if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return errno != ENOENT && keep(errno, path);
    if (!S_ISDIR(status.st_mode)) return keep(EPERM, path);
    if (!empty(directory, name, path, depth)) return true;
    if (unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
      return keep(errno, path);
    return true;
  }

  [[nodiscard]] std::optional<Error>& first_error() { return first_error_; }

 private:
  /// Removes what is in a directory. Returns whether all of it is gone.
  bool empty(int directory, const std::string& name, const std::string& path, int depth) {
    if (depth == kDeepest) {
      note(Error(Reason::kInvalidInput, printable(path, kLongestPath) + " is nested deeper than " +
                                            std::to_string(kDeepest) + " directories"));
      return false;
    }
    const auto opened = open_entry(directory, name, O_RDONLY | O_DIRECTORY);
    if (!opened) {
      const int error = opened.error().errno_value().value_or(EIO);
      note(error == EXDEV
               ? Error(Reason::kIo, "a file system is mounted at " + printable(path, kLongestPath))
               : Error(opened.error()).with_context("removing " + printable(path, kLongestPath)));
      return false;
    }
    const auto names = list_names(opened->get());
    if (!names) {
      note(Error(names.error()).with_context("removing " + printable(path, kLongestPath)));
      return false;
    }
    const auto before = failures_;
    for (const std::string& below : *names)
      (void)remove_entry(opened->get(), below, path + "/" + below, depth + 1);
    return failures_ == before;
  }

  void note(Error error) {
    ++failures_;
    if (!first_error_) first_error_ = std::move(error);
  }
  /// Records that something stays. Returns true: it is there.
  bool keep(int error, const std::string& path) {
    auto failure = fail_errno(error, "removing " + printable(path, kLongestPath));
    note(std::move(failure.error()));
    return true;
  }

  std::optional<Error> first_error_;
  std::size_t failures_ = 0;
};

}  // namespace

Result<bool> remove_tree(const Root& root, std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  const std::string name(path.substr(slash + 1));  // npos + 1 is 0
  if (name.empty() || name == "." || name == "..")
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' does not end with a name");
  const std::string context = "removing " + printable(path, kLongestPath);
  const auto strict = OR_RETURN(root.without_links(), context);
  const auto parent_path =
      slash == std::string_view::npos ? std::string_view("/") : path.substr(0, slash);
  const auto parent =
      strict.open_file(parent_path.empty() ? "/" : parent_path, O_PATH | O_DIRECTORY);
  if (!parent) {
    const int error = parent.error().errno_value().value_or(0);
    if (error == ENOENT || error == ENOTDIR) return false;
    return fail(Error(parent.error()), context);
  }
  TreeRemoval removal;
  const bool existed = removal.remove_entry(parent->get(), name, std::string(path), 0);
  if (removal.first_error()) return fail(std::move(*removal.first_error()));
  return existed;
}

}  // namespace azl
