#include "provision/accounts/authorized_keys.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

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

/// Sets the mode of something in the home. Only its owner may, and that is who we are (fsuid).
Result<void> set_mode(const Root& home, std::string_view path, mode_t mode) {
  const auto fd = home.open_file(path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
  if (!fd) return fail(Error(fd.error()));
  if (fchmod(fd->get(), mode) != 0) {
    return fail_errno(errno, "setting the mode of '" + std::string(path) + "' in the home");
  }
  return {};
}

/// Whether it is the user's own home, as root sees it. Returns its mode.
Result<mode_t> check_home(const Root& home, const Account& account) {
  const auto info = home.stat("/");
  if (!info) return fail(Error(info.error()));
  if (!*info || !(*info)->is_directory() || (*info)->uid != account.uid) {
    return fail(Reason::kUser,
                "the home '" + printable(account.home) + "' is not a directory of the user's own");
  }
  return (*info)->mode & kPermissions;
}

/// Takes the home from others who may write to it. Returns whether there were any.
Result<bool> close_home(const Root& home, mode_t mode) {
  if ((mode & kWritableByOthers) == 0) return false;
  if (auto set = set_mode(home, "/", mode & ~kWritableByOthers); !set) {
    return fail(std::move(set.error()));
  }
  return true;
}

/// What is at `path`, if it is as it should be: not a link, of this user.
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
  const auto info = inspect(home, kDirectory, account);
  if (!info) return fail(Error(info.error()));
  if (!*info) return home.make_directory(kDirectory, {.mode = 0700});
  if (!(*info)->is_directory()) return fail(Reason::kUser, "~/.ssh is not a directory");
  if (((*info)->mode & kPermissions) == 0700) return false;
  if (auto set = set_mode(home, kDirectory, 0700); !set) return fail(std::move(set.error()));
  return true;
}

Result<bool> ensure_file(const Root& home, const Account& account, std::span<const SshKey> keys) {
  const auto info = inspect(home, kFile, account);
  if (!info) return fail(Error(info.error()));
  if (*info && !(*info)->is_regular()) {
    return fail(Reason::kUser, "~/.ssh/authorized_keys is not a regular file");
  }
  const auto present = home.read_if_exists(kFile, kFileLimit);
  if (!present) return fail(Error(present.error()));
  return home.write(kFile, merge_authorized_keys(present->value_or(""), keys), {.mode = 0600});
}

}  // namespace

Result<bool> install_keys(const Root& root, const Account& account, std::span<const SshKey> keys) {
  if (keys.empty()) return false;
  const std::string context = "installing SSH keys as '" + account.name + "' (uid " +
                              std::to_string(account.uid) + ") in " + printable(account.home);
  // The way to the home is root's to go (a tree's own directory may be closed to all others); from
  // there on only what the user may do is done.
  const auto home = root.open_home(account.home);
  if (!home) return fail(Error(home.error()), context);
  const auto mode = check_home(*home, account);
  if (!mode) return fail(Error(mode.error()), context);

  const FileSystemIdentity identity(account.uid, account.gid);
  const auto closed = close_home(*home, *mode);
  if (!closed) return fail(Error(closed.error()), context);
  const auto directory = ensure_directory(*home, account);
  if (!directory) return fail(Error(directory.error()), context);
  const auto file = ensure_file(*home, account, keys);
  if (!file) return fail(Error(file.error()), context);
  return *closed || *directory || *file;
}

}  // namespace azl::provision
