#include "provision/accounts/home.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

/// Copies what is missing of /etc/skel: directories and regular files, no links, nothing that the
/// user could not read anyway (this runs as the user). Depth and number are bounded, since a tree's
/// skeleton is not ours.
class Skeleton {
 public:
  Skeleton(const Root& from, const Root& to) : from_(from), to_(to) {}

  Result<void> copy(const std::string& directory = "", int depth = 0) {
    const auto names = from_.list(directory.empty() ? "/" : directory);
    if (!names) return {};  // a directory that the user may not read
    for (const std::string& name : *names) {
      if (++count_ > kMost) return {};
      std::string path = directory;
      path.append("/").append(name);
      if (auto copied = copy_one(path, depth); !copied) return copied;
    }
    return {};
  }

 private:
  Result<void> copy_one(const std::string& path, int depth) {
    if (from_.link_target(path) || to_.link_target(path)) return {};
    const auto info = from_.stat(path);
    if (!info || !*info) return {};
    const mode_t mode = (*info)->mode & 0777 & ~kWritableByOthers;
    if ((*info)->is_directory()) {
      if (depth == kDeepest) return {};
      auto made = to_.make_directory(path, {.mode = mode | S_IRWXU});
      if (!made) return fail(std::move(made.error()));
      return copy(path, depth + 1);
    }
    if (!(*info)->is_regular() || to_.exists(path)) return {};
    const auto content = from_.read(path);
    if (!content) return {};  // unreadable or huge: not worth a machine without its user
    auto written = to_.write(path, *content, {.mode = mode});
    if (!written) return fail(std::move(written.error()));
    return {};
  }

  static constexpr int kDeepest = 8;
  static constexpr int kMost = 1000;
  const Root& from_;
  const Root& to_;
  int count_ = 0;
};

Result<void> copy_skeleton(const Root& root, const Account& account) {
  const auto from = root.open_home("/etc/skel");
  if (!from) return {};  // there is none
  const auto to = root.open_home(account.home);
  if (!to) return fail(Error(to.error()));
  const FileSystemIdentity identity(account.uid, account.gid);
  return Skeleton(*from, *to).copy();
}

/// /home/bob, /srv/people/bob, but not /bob, and nothing with "..".
bool is_home_of(const Account& account) {
  const auto parts = split(account.home, '/');
  return account.home.starts_with('/') && parts.size() >= 2 && parts.back() == account.name &&
         std::find(parts.begin(), parts.end(), "..") == parts.end();
}

/// Gives a home that root owns to the user: the directory itself, not what is in it.
Result<void> hand_over(const Root& root, const Account& account) {
  const auto fd = root.open_file(account.home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return fail(Error(fd.error()));
  struct stat status{};
  if (fstat(fd->get(), &status) != 0) return fail_errno(errno, "looking at the home");
  if (status.st_uid != 0) return fail(Reason::kUser, "the home has just changed its owner");
  const mode_t mode = (status.st_mode & 0777 & ~kWritableByOthers) | S_IRWXU;
  if (fchmod(fd->get(), mode) != 0) return fail_errno(errno, "setting the mode of the home");
  // The owner last: a power failure before it leaves a home that is found again as root's.
  if (fchown(fd->get(), account.uid, account.gid) != 0) {
    return fail_errno(errno, "giving the home to the user");
  }
  return {};
}

}  // namespace

Result<void> ensure_home(const Root& root, const Account& account, bool created) {
  const std::string shown = "the home '" + printable(account.home) + "'";
  const auto info = root.stat(account.home);
  if (!info) return fail(Error(info.error()), "looking at " + shown);
  bool fresh = created;
  if (!*info) {
    if (!is_home_of(account)) return fail(Reason::kUser, shown + " does not exist");
    const FileAttributes attributes{.mode = 0700, .owner = account.uid, .group = account.gid};
    auto made = root.make_directory(account.home, attributes);
    if (!made) return fail(std::move(made.error()), "making " + shown);
    fresh = true;
  } else if (!(*info)->is_directory()) {
    return fail(Reason::kUser, shown + " is not a directory");
  } else if ((*info)->uid == 0 && account.uid != 0 && is_home_of(account)) {
    // useradd makes the home before it writes passwd, and leaves one that it finds as it is: so an
    // interrupted run, and an image that brings files for the home, both end up with root's.
    if (auto given = hand_over(root, account); !given) {
      return fail(std::move(given.error()), "taking over " + shown);
    }
    fresh = true;
  } else if ((*info)->uid != account.uid) {
    return fail(Reason::kUser, shown + " belongs to uid " + std::to_string((*info)->uid));
  } else {
    const auto names = root.list(account.home);
    fresh = fresh || (names && names->empty());
  }
  if (fresh) {
    if (auto copied = copy_skeleton(root, account); !copied) {
      return fail(std::move(copied.error()), "copying /etc/skel to " + shown);
    }
  }
  // Also of an old home: a run that ended before this point may have made it.
  return root.live() ? Result<void>() : root.relabel(account.home);
}

}  // namespace azl::provision
