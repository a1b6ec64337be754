#include "provision/accounts/authorized_keys.h"

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr std::size_t kFileLimit = 4 << 20;
constexpr std::string_view kSshDirectory = "/.ssh";
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

/// Returns the directories above a path, from the top: "/a", "/a/b" for "/a/b/c".
std::vector<std::string> directories_above(std::string_view path) {
  std::vector<std::string> directories;
  for (auto at = path.find('/', 1); at != std::string_view::npos; at = path.find('/', at + 1))
    directories.emplace_back(path.substr(0, at));
  return directories;
}

/// Makes a directory of the home, or sets a mode that sshd accepts. ~/.ssh is closed to others.
Result<bool> ensure_directory(const Root& home, std::string_view path, const Account& account) {
  const auto info = OR_RETURN(inspect(home, path, account));
  if (!info) return home.make_directory(path, {.mode = 0700});
  if (!info->is_directory())
    return fail(Reason::kUser, "~" + std::string(path) + " is not a directory");
  const mode_t present = info->mode & kPermissions;
  const mode_t wanted = path == kSshDirectory ? 0700 : present & ~kWritableByOthers;
  if (present == wanted) return false;
  OR_RETURN(set_mode(home, path, wanted));
  return true;
}

Result<bool> ensure_file(const Root& home, std::string_view path, const Account& account,
                         std::span<const SshKey> keys) {
  const auto info = OR_RETURN(inspect(home, path, account));
  if (info && !info->is_regular())
    return fail(Reason::kUser, "~" + std::string(path) + " is not a regular file");
  const auto present = OR_RETURN(home.read_if_exists(path, kFileLimit));
  return home.write(path, merge_authorized_keys(present.value_or(""), keys), {.mode = 0600});
}

Result<bool> install_in_home(const Root& root, const Account& account, std::span<const SshKey> keys,
                             std::string_view path) {
  // Open the home as root: the tree's own directory may be closed to others. Below the home, work
  // with the user's permissions only.
  const auto home = OR_RETURN(root.open_home(account.home));
  const auto mode = OR_RETURN(check_home(home, account));

  const FileSystemIdentity identity(account.uid, account.gid);
  bool changed = OR_RETURN(close_home(home, mode));
  for (const std::string& directory : directories_above(path)) {
    const bool made = OR_RETURN(ensure_directory(home, directory, account));
    changed = changed || made;
  }
  const bool written = OR_RETURN(ensure_file(home, path, account, keys));
  return changed || written;
}

/// Checks an existing directory outside the home: nobody but root may plant something in it, and
/// sshd must be able to enter it as the user.
Result<void> check_directory(const Root& root, const std::string& path, const FileInfo& info,
                             const Account& account) {
  const std::string name = printable(path, 200);
  if (root.link_target(path)) return fail(Reason::kUser, name + " is a symbolic link");
  if (!info.is_directory()) return fail(Reason::kUser, name + " is not a directory");
  if (info.uid != 0)
    return fail(Reason::kUser, name + " belongs to uid " + std::to_string(info.uid));
  if ((info.mode & kWritableByOthers) != 0)
    return fail(Reason::kUser, name + " is writable by others than root");
  const bool open =
      (info.mode & S_IXOTH) != 0 || (info.gid == account.gid && (info.mode & S_IXGRP) != 0);
  if (!open)
    return fail(Reason::kUser, name + " is closed to the user, as whom sshd reads the keys");
  return {};
}

Result<bool> install_outside(const Root& root, const Account& account, std::span<const SshKey> keys,
                             const std::string& path) {
  const auto directories = directories_above(path);
  for (const std::string& directory : directories) {
    const auto info = OR_RETURN(root.stat(directory));
    if (!info) break;
    OR_RETURN(check_directory(root, directory, *info, account));
  }
  const std::string name = printable(path, 200);
  if (root.link_target(path)) return fail(Reason::kUser, name + " is a symbolic link");
  const auto info = OR_RETURN(root.stat(path));
  if (info && !info->is_regular()) return fail(Reason::kUser, name + " is not a regular file");
  FileAttributes attributes{.mode = 0644, .owner = 0, .group = 0};
  if (info && info->uid != 0) {
    if (info->uid != account.uid)
      return fail(Reason::kUser, name + " belongs to uid " + std::to_string(info->uid));
    attributes = {.mode = 0600 | (info->mode & 0044), .owner = info->uid, .group = info->gid};
  }
  const auto present = OR_RETURN(root.read_if_exists(path, kFileLimit));
  if (!directories.empty()) OR_RETURN(root.make_directory(directories.back(), {.mode = 0755}));
  return root.write(path, merge_authorized_keys(present.value_or(""), keys), attributes);
}

/// Reads a file of keys. Returns empty text if the file does not exist.
Result<std::string> read_present(const Root& root, std::string_view path) {
  if (root.link_target(path))
    return fail(Reason::kUser, printable(path, 200) + " is a symbolic link");
  return OR_RETURN(root.read_if_exists(path, kFileLimit)).value_or("");
}

Result<std::string> read_in_home(const Root& root, const Account& account, const KeysFile& file) {
  const Root home = OR_RETURN(root.open_home(account.home));
  const FileSystemIdentity identity(account.uid, account.gid);
  return read_present(home, file.below_home);
}

}  // namespace

Result<bool> install_keys(const Root& root, const Account& account, std::span<const SshKey> keys,
                          const KeysFile& file) {
  if (keys.empty()) return false;
  if (file.below_home.empty()) {
    return OR_RETURN(
        install_outside(root, account, keys, file.path),
        "installing SSH keys for '" + account.name + "' in " + printable(file.path, 200));
  }
  return OR_RETURN(install_in_home(root, account, keys, file.below_home),
                   "installing SSH keys as '" + account.name + "' (uid " +
                       std::to_string(account.uid) + ") in " + printable(account.home));
}

Result<std::vector<SshKey>> read_keys(const Root& root, const Account& account,
                                      const KeysFile& file) {
  const std::string context = "reading the SSH keys of '" + account.name + "'";
  const auto text = OR_RETURN(
      file.below_home.empty() ? read_present(root, file.path) : read_in_home(root, account, file),
      context);
  std::vector<SshKey> keys;
  for (const std::string_view line : split(text, '\n')) {
    if (auto key = parse_ssh_key(line)) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace azl::provision
