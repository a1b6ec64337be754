#include "provision/accounts/tool.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace azl::provision {

namespace {

using DirectoryStream = Handle<DIR, closedir>;

/// Removes the files, links and empty directories in a directory.
Result<void> empty_directory(int directory) {
  UniqueFd fd(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "opening the directory");
  const DirectoryStream stream(fdopendir(fd.get()));
  if (!stream) return fail_errno(errno, "reading the directory");
  (void)fd.release();  // closed by closedir
  while (const dirent* entry = readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR || unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0) {
      return fail_errno(errno, "removing '" + name + "'");
    }
  }
  return {};
}

std::string_view parent_of(std::string_view path) { return path.substr(0, path.rfind('/')); }
std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

}  // namespace

Result<std::string> tree_path(const Root& root, std::string_view path) {
  const auto fd = OR_RETURN(root.open_file(path, O_PATH | O_DIRECTORY));
  if (root.live()) return std::string(path);  // /proc may not be mounted this early

  const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
  std::array<char, PATH_MAX> buffer{};
  const ssize_t length = readlink(link.c_str(), buffer.data(), buffer.size());
  if (length < 0) return fail_errno(errno, "finding the path of " + root.directory());
  std::string real(buffer.data(), static_cast<std::size_t>(length));

  struct stat opened{};
  struct stat named{};
  const bool same = fstat(fd.get(), &opened) == 0 && lstat(real.c_str(), &named) == 0 &&
                    opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  if (!same) return fail(Reason::kIo, "'" + real + "' was moved while its path was looked up");
  return real;
}

std::unexpected<Error> fail_tool(Reason reason, Error&& error, std::string context) {
  if (error.reason() == Reason::kDiskFull || error.reason() == Reason::kReadOnly) {
    return fail(std::move(error), std::move(context));
  }
  return fail(Error(reason, error.to_string()), std::move(context));
}

Staging::Staging(UniqueFd parent, UniqueFd directory, std::string path, std::string real_path)
    : parent_(std::move(parent)),
      directory_(std::move(directory)),
      path_(std::move(path)),
      real_path_(std::move(real_path)) {}

Result<Staging> Staging::make(const Root& root, std::string path) {
  const std::string context = "preparing " + path;
  // Remove a link that was planted under this name, so that its target is not emptied.
  if (root.link_target(path)) OR_RETURN(root.remove(path), context);
  OR_RETURN(root.make_directory(parent_of(path), {.mode = 0700}), context);
  OR_RETURN(root.make_directory(path, {.mode = 0700}), context);
  UniqueFd parent = OR_RETURN(root.open_file(parent_of(path), O_RDONLY | O_DIRECTORY), context);
  UniqueFd directory =
      OR_RETURN(root.open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), context);
  if (fchown(directory.get(), geteuid(), getegid()) != 0 || fchmod(directory.get(), 0700) != 0) {
    return fail_errno(errno, context);
  }
  OR_RETURN(empty_directory(directory.get()), context);
  std::string real = OR_RETURN(tree_path(root, path), context);
  return Staging(std::move(parent), std::move(directory), std::move(path), std::move(real));
}

Staging::~Staging() {
  if (!directory_) return;  // moved from
  // If this fails, the next make() reports it. Only root can read what stays.
  if (!empty_directory(directory_.get())) return;
  unlinkat(parent_.get(), name_of(path_).c_str(), AT_REMOVEDIR);
}

}  // namespace azl::provision
