#include "provision/accounts/authorized_keys.h"

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr std::size_t kFileLimit = 4 << 20;
constexpr std::string_view kDirectory = "/.ssh";
constexpr std::string_view kFile = "/.ssh/authorized_keys";
constexpr mode_t kPermissions = 07777;
constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

/// Sets the mode of a directory of the home. Works because the fsuid is the owner's.
Result<void> set_mode(const Root& home, std::string_view path, mode_t mode) {
  const auto fd = OR_RETURN(home.open_file(path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
  if (fchmod(fd.get(), mode) != 0) {
    return fail_errno(errno, "setting the mode of '" + std::string(path) + "' in the home");
  }
  return {};
}

/// Checks as root that the user owns the home. Returns its mode.
Result<mode_t> check_home(const Root& home, const Account& account) {
  const auto info = OR_RETURN(home.stat("/"));
  if (!info || !info->is_directory() || info->uid != account.uid) {
    return fail(Reason::kUser,
                "the home '" + printable(account.home) + "' is not a directory that the user owns");
  }
  return info->mode & kPermissions;
}

/// Removes the write permission of group and others from the home. Returns whether it changed.
Result<bool> close_home(const Root& home, mode_t mode) {
  if ((mode & kWritableByOthers) == 0) return false;
  OR_RETURN(set_mode(home, "/", mode & ~kWritableByOthers));
  return true;
}

/// Looks at `path`. Fails if it is a link or not owned by the user. Returns nullopt if it is
/// missing.
Result<std::optional<FileInfo>> inspect(const Root& home, std::string_view path,
                                        const Account& account) {
  const std::string name = "~" + std::string(path);
  if (home.link_target(path)) return fail(Reason::kUser, name + " is a symbolic link");
  auto info = home.stat(path);
  if (info && *info && (*info)->uid != account.uid) {
    return fail(Reason::kUser, name + " belongs to uid " + std::to_string((*info)->uid));
  }
  return info;
}

Result<bool> ensure_directory(const Root& home, const Account& account) {
  const auto info = OR_RETURN(inspect(home, kDirectory, account));
  if (!info) return home.make_directory(kDirectory, {.mode = 0700});
  if (!info->is_directory()) return fail(Reason::kUser, "~/.ssh is not a directory");
  if ((info->mode & kPermissions) == 0700) return false;
  OR_RETURN(set_mode(home, kDirectory, 0700));
  return true;
}

Result<bool> ensure_file(const Root& home, const Account& account, std::span<const SshKey> keys) {
  const auto info = OR_RETURN(inspect(home, kFile, account));
  if (info && !info->is_regular()) {
    return fail(Reason::kUser, "~/.ssh/authorized_keys is not a regular file");
  }
  const auto present = OR_RETURN(home.read_if_exists(kFile, kFileLimit));
  return home.write(kFile, merge_authorized_keys(present.value_or(""), keys), {.mode = 0600});
}

}  // namespace

Result<bool> install_keys(const Root& root, const Account& account, std::span<const SshKey> keys) {
  if (keys.empty()) return false;
  const std::string context = "installing SSH keys as '" + account.name + "' (uid " +
                              std::to_string(account.uid) + ") in " + printable(account.home);
  // Open the home as root: the tree's own directory may be closed to others. Below the home, work
  // with the user's permissions only.
  const auto home = OR_RETURN(root.open_home(account.home), context);
  const auto mode = OR_RETURN(check_home(home, account), context);

  const FileSystemIdentity identity(account.uid, account.gid);
  const bool closed = OR_RETURN(close_home(home, mode), context);
  const bool made = OR_RETURN(ensure_directory(home, account), context);
  const bool written = OR_RETURN(ensure_file(home, account, keys), context);
  return closed || made || written;
}

}  // namespace azl::provision
