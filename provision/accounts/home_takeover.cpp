#include "provision/accounts/home_takeover.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/random.h"
#include "base/text.h"

namespace azl::provision {

namespace {

constexpr mode_t kSetId = S_ISUID | S_ISGID;
constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;
constexpr int kLinkItself = O_PATH | O_NOFOLLOW;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/// What lets somebody log in, or runs commands or sets variables when the user logs in or starts a
/// shell. Directories are renamed as a whole.
constexpr auto kAsideWhenTaken = std::to_array<std::string_view>(
    {// sshd(8), rshd, Kerberos
     ".ssh/authorized_keys", ".ssh/authorized_keys2", ".ssh/rc", ".ssh/environment", ".rhosts",
     ".shosts", ".k5login", ".k5users",
     // bash(1), and what the skeletons of Fedora and Debian read from .bashrc
     ".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_logout", ".bash_aliases",
     ".bashrc.d",
     // zsh(1), csh(1), tcsh(1), ksh(1), fish(1)
     ".zshrc", ".zprofile", ".zshenv", ".zlogin", ".zlogout", ".cshrc", ".tcshrc", ".login",
     ".logout", ".kshrc", ".mkshrc", ".config/fish",
     // pam_env(8), environment.d(5)
     ".pam_environment", ".config/environment.d",
     // systemd.unit(5), systemd-user.conf(5), tmpfiles.d(5), podman-systemd.unit(5)
     ".config/systemd", ".local/share/systemd", ".config/user-tmpfiles.d",
     ".local/share/user-tmpfiles.d", ".config/containers/systemd"});

using DirectoryStream = Handle<DIR, closedir>;

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// Returns at most `limit` names of an open directory.
Result<std::vector<std::string>> list_entries(int directory, std::size_t limit) {
  UniqueFd fd(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "opening the directory");
  const DirectoryStream stream(fdopendir(fd.get()));
  if (!stream) return fail_errno(errno, "reading the directory");
  (void)fd.release();  // closed by closedir
  std::vector<std::string> names;
  while (names.size() < limit) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail_errno(errno, "reading the directory");
  return names;
}

bool has_entry(int directory, const std::string& name) {
  struct stat status{};
  return fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

constexpr int kMostAside = 100;  // names of one file

/// The first name for a file that is set aside. A dot and a number follow if it exists.
std::string aside_name(std::string_view name) { return std::string(name) + std::string(kSetAside); }

/// Renames an entry unless the new name is taken. Sets errno if it fails. NFS does not support
/// RENAME_NOREPLACE; looking first is enough there, because nobody else can write to the home now.
bool rename_to_free(int directory, const std::string& name, const std::string& aside) {
  if (renameat2(directory, name.c_str(), directory, aside.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL) return false;
  if (has_entry(directory, aside)) {
    errno = EEXIST;
    return false;
  }
  return renameat(directory, name.c_str(), directory, aside.c_str()) == 0;
}

/// kAsideWhenTaken and these files with keys.
std::vector<std::string> list_aside(const std::vector<std::string>& keys_files) {
  std::vector<std::string> paths(kAsideWhenTaken.begin(), kAsideWhenTaken.end());
  paths.insert(paths.end(), keys_files.begin(), keys_files.end());
  return paths;
}

/// One takeover. Works on open directories only, so that no path leads out of the home.
class Takeover {
 public:
  Takeover(const Account& account, const struct stat& home, TakenHome& result)
      : account_(account), home_(home), result_(result) {}

  /// Renames what kAsideWhenTaken lists, and these files with keys.
  Result<void> set_aside(int home, const std::vector<std::string>& keys_files) {
    OR_RETURN(set_aside_foreign_ssh(home));
    for (const std::string& path : list_aside(keys_files)) {
      if (auto done = set_path_aside(home, path); !done) {
        // While one of these stays, the former owner may get in.
        return fail(Error(Reason::kUser, done.error().to_string()),
                    "setting aside ~/" + printable(path));
      }
    }
    return {};
  }

  /// Changes the owner of everything in the home. Takes .ssh last: until then, a home of root's is
  /// known by its .ssh as one to be taken over.
  Result<void> take_content(int home) {
    // The bound must not keep .ssh from being taken.
    constexpr std::size_t kForSsh = 1000;
    budget_ = kMostTaken;
    auto names = OR_RETURN(list_entries(home, kMostTaken + 1));
    const bool has_ssh = std::erase(names, ".ssh") > 0 || has_entry(home, ".ssh");
    for (const std::string& name : names) OR_RETURN(take_entry(home, name, name, 0));
    if (!has_ssh) return {};
    budget_ = kForSsh;
    return take_entry(home, ".ssh", ".ssh", 0);
  }

 private:
  /// Sets ~/.ssh aside if it is a link, or not of the former owner or the user: sshd would refuse
  /// it.
  [[nodiscard]] Result<void> set_aside_foreign_ssh(int home) const {
    const auto fd = open_entry(home, ".ssh", kLinkItself);
    if (!fd) return {};  // missing, or a mount: set_path_aside() gives the error
    struct stat status{};
    if (fstat(fd->get(), &status) != 0) return fail_errno(errno, "examining ~/.ssh");
    const bool ours = status.st_uid == home_.st_uid || status.st_uid == account_.uid;
    if (S_ISDIR(status.st_mode) && ours) return {};
    return set_entry_aside(home, ".ssh", ".ssh");
  }

  /// Sets aside the file at a path below the home, or the symbolic link on the way to it.
  Result<void> set_path_aside(int home, std::string_view path) {
    UniqueFd opened;
    int directory = home;
    std::string so_far;
    for (const std::string_view& component : split(path, '/')) {
      const std::string name(component);
      so_far += (so_far.empty() ? "" : "/") + name;
      if (so_far == path) break;
      auto next = open_entry(directory, name, kLinkItself);
      if (!next && next.error().errno_value() == ENOENT) return {};
      if (!next) return fail(std::move(next.error()));
      struct stat status{};
      if (fstat(next->get(), &status) != 0) return fail_errno(errno, "examining ~/" + so_far);
      if (S_ISLNK(status.st_mode)) return set_entry_aside(directory, name, so_far);
      if (!S_ISDIR(status.st_mode)) return {};
      opened = std::move(*next);
      directory = opened.get();
    }
    return set_entry_aside(directory, so_far.substr(so_far.rfind('/') + 1), so_far);
  }

  /// Renames an entry, if it exists, and never overwrites another.
  static Result<void> set_entry_aside(int directory, const std::string& name,
                                      const std::string& path) {
    if (!has_entry(directory, name)) return {};
    const std::string aside = aside_name(name);
    bool renamed = rename_to_free(directory, name, aside);
    for (int n = 1; !renamed && errno == EEXIST && n < kMostAside; ++n)
      renamed = rename_to_free(directory, name, aside + "." + std::to_string(n));
    // The former owner may have made all of these, but cannot have known this one.
    if (!renamed && errno == EEXIST)
      renamed = rename_to_free(directory, name, aside + "." + random_hex());
    if (renamed) return {};
    return fail_errno(errno, "renaming '" + printable(path) + "'");
  }

  Result<void> take_entry(int directory, const std::string& name, const std::string& path,
                          int depth) {
    if (budget_ == 0) {
      note_left(path, "is beyond the " + std::to_string(kMostTaken) + " entries that are changed");
      return {};
    }
    --budget_;
    const auto fd = open_entry(directory, name, kLinkItself);
    struct stat status{};
    if (!fd || fstat(fd->get(), &status) != 0) {
      const int error = fd ? errno : fd.error().errno_value().value_or(0);
      if (error == EXDEV) note_left(path, "is a mount point");
      if (error == EXDEV || error == ENOENT) return {};
      return fail_errno(error, "opening ~/" + printable(path));
    }
    if (status.st_uid != home_.st_uid) return {};
    if (S_ISDIR(status.st_mode)) return take_directory(directory, name, path, depth, status);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      note_left(path, "is a device");
      return {};
    }
    if (status.st_nlink != 1) {
      note_left(path, "has several hard links");
      return {};
    }
    if (S_ISREG(status.st_mode) && (status.st_mode & kSetId) != 0) {
      const auto file = open_same(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, status);
      if (!file || fchmod(file->get(), status.st_mode & 0777) != 0) {
        note_left(path, "has a set-user-ID or set-group-ID bit that cannot be removed");
        return {};
      }
    }
    return change_owner(fd->get(), path, status);
  }

  Result<void> take_directory(int parent, const std::string& name, const std::string& path,
                              int depth, const struct stat& status) {
    if (depth >= kDeepestTaken) {
      note_left(path, "is nested too deep");
      return {};
    }
    if (status.st_dev != home_.st_dev) {
      note_left(path, "is on another device");
      return {};
    }
    if (home_.st_uid == 0 && (status.st_mode & kWritableByOthers) != 0) {
      note_left(path, "is a directory of root's that others can write to");
      return {};
    }
    const auto fd = open_same(parent, name, kDirectory, status);
    if (!fd) {
      note_left(path, "cannot be opened");
      return {};
    }
    const auto names = OR_RETURN(list_entries(fd->get(), budget_ + 1), "~/" + printable(path));
    for (const std::string& below : names) {
      OR_RETURN(take_entry(fd->get(), below, path + "/" + below, depth + 1));
    }
    if ((status.st_mode & kSetId) != 0 && fchmod(fd->get(), status.st_mode & 01777) != 0) {
      return fail_errno(errno, "setting the mode of ~/" + printable(path));
    }
    return change_owner(fd->get(), path, status);
  }

  /// Opens an entry for use. Returns nullopt if it is not the one that was examined.
  static std::optional<UniqueFd> open_same(int directory, const std::string& name, int flags,
                                           const struct stat& examined) {
    auto fd = open_entry(directory, name, flags | O_NOFOLLOW);
    struct stat status{};
    if (!fd || fstat(fd->get(), &status) != 0 || !is_same(status, examined)) return std::nullopt;
    return std::move(*fd);
  }

  /// Changes the owner of what is open, which was examined as `status`.
  Result<void> change_owner(int fd, const std::string& path, const struct stat& status) {
    const gid_t gid = status.st_gid == home_.st_gid ? account_.gid : status.st_gid;
    if (status.st_uid == account_.uid && status.st_gid == gid) return {};
    if (fchownat(fd, "", account_.uid, gid, AT_EMPTY_PATH) == 0) {
      ++result_.changed;
      return {};
    }
    if (errno != EPERM) return fail_errno(errno, "changing the owner of ~/" + printable(path));
    note_left(path, "is immutable");
    return {};
  }

  void note_left(const std::string& path, const std::string& why) {
    if (result_.left++ == 0) result_.first_left = "'" + printable(path) + "' " + why;
  }

  const Account& account_;
  const struct stat& home_;
  TakenHome& result_;
  std::size_t budget_ = 0;
};

/// Takes over the open home.
Result<TakenHome> take_over(int home, const Account& account, uid_t former,
                            const std::vector<std::string>& keys_files) {
  struct stat status{};
  if (fstat(home, &status) != 0) return fail_errno(errno, "examining it");
  if (status.st_uid != former) return fail(Reason::kUser, "its owner changed just now");
  // Nobody but the former owner may change anything in it from here on.
  const mode_t mode = (status.st_mode & 0777 & ~kWritableByOthers) | S_IRWXU;
  if (fchmod(home, mode) != 0) return fail_errno(errno, "setting its mode");

  TakenHome result{.former = former};
  Takeover takeover(account, status, result);
  OR_RETURN(takeover.set_aside(home, keys_files));
  OR_RETURN(takeover.take_content(home));
  // The home's owner says whether the takeover is complete, also after a power failure.
  if (syncfs(home) != 0) return fail_errno(errno, "syncing its file system");
  if (fchown(home, account.uid, account.gid) != 0) return fail_errno(errno, "changing its owner");
  return result;
}

/// Returns list_aside() with the directories on the way, each once and before its content.
std::vector<std::string> list_places(const std::vector<std::string>& keys_files) {
  std::vector<std::string> places;
  for (const std::string& path : list_aside(keys_files)) {
    for (auto end = path.find('/');; end = path.find('/', end + 1)) {
      std::string place = path.substr(0, end);
      if (std::ranges::find(places, place) == places.end()) places.push_back(std::move(place));
      if (end == std::string_view::npos) break;
    }
  }
  return places;
}

}  // namespace

Result<std::vector<std::string>> find_set_aside(const Root& root, const Account& account,
                                                const std::vector<std::string>& keys_files) {
  const auto home = OR_RETURN(root.open_home(account.home));
  std::vector<std::string> found;
  for (const std::string& place : list_places(keys_files)) {
    const auto slash = place.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : place.substr(0, slash + 1);
    const auto names = home.list("/" + parent);
    if (!names) continue;  // a link or a mount, which was not entered either
    const std::string aside = aside_name(place.substr(parent.size()));
    for (const std::string& name : *names) {
      if (name == aside || name.starts_with(aside + ".")) found.push_back(parent + name);
    }
  }
  return found;
}

Result<TakenHome> take_over_home(const Root& root, const Account& account, uid_t former,
                                 const std::vector<std::string>& keys_files) {
  const std::string context = "taking over the home '" + printable(account.home) + "'";
  // A link that root made may lead to the home of the same uid, for example on a data disk.
  const int flags = former == account.uid ? kDirectory & ~O_NOFOLLOW : kDirectory;
  const auto home = OR_RETURN(root.open_file(account.home, flags), context);
  return OR_RETURN(take_over(home.get(), account, former, keys_files), context);
}

}  // namespace azl::provision
