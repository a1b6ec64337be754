#include "provision/accounts/home.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "provision/accounts/keys_file.h"
#include "provision/accounts/sshd_config.h"
#include "provision/accounts/sshd_settings.h"

namespace azl::provision {

namespace {

constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

/// Copies the missing directories and regular files of /etc/skel, but no links. Runs as the user,
/// so it copies nothing that the user cannot read. Limits the depth and the number of files,
/// because a tree's skeleton is not trusted.
class Skeleton {
 public:
  Skeleton(const Root& from, const Root& to) : from_(from), to_(to) {}

  Result<void> copy(const std::string& directory = "", int depth = 0) {
    const auto names = from_.list(directory.empty() ? "/" : directory);
    if (!names) return {};  // the user may not read this directory
    for (const std::string& name : *names) {
      if (++count_ > kMost) return {};
      std::string path = directory;
      path.append("/").append(name);
      // What the former owner left may be in the way of a file, which is then left out.
      const auto copied = copy_one(path, depth);
      if (!copied && (copied.error().reason() == Reason::kDiskFull ||
                      copied.error().reason() == Reason::kReadOnly))
        return copied;
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
      OR_RETURN(to_.make_directory(path, {.mode = mode | S_IRWXU}));
      return copy(path, depth + 1);
    }
    if (!(*info)->is_regular() || to_.exists(path)) return {};
    const auto content = from_.read(path);
    if (!content) return {};  // unreadable or huge: skip it rather than fail the user
    OR_RETURN(to_.write(path, *content, {.mode = mode}));
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
  if (!from) return {};  // no skeleton
  const auto to = OR_RETURN(root.open_home(account.home));
  const FileSystemIdentity identity(account.uid, account.gid);
  return Skeleton(*from, to).copy();
}

/// Gives a home that root owns to the user: the directory itself, not its content.
Result<void> give_to_user(const Root& root, const Account& account) {
  const auto fd = OR_RETURN(root.open_file(account.home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return fail_errno(errno, "looking at the home");
  if (status.st_uid != 0) return fail(Reason::kUser, "the owner of the home changed just now");
  const mode_t mode = (status.st_mode & 0777 & ~kWritableByOthers) | S_IRWXU;
  if (fchmod(fd.get(), mode) != 0) return fail_errno(errno, "setting the mode of the home");
  // Change the owner last: after a power failure the next run still finds a home of root's.
  if (fchown(fd.get(), account.uid, account.gid) != 0) {
    return fail_errno(errno, "giving the home to the user");
  }
  return {};
}

/// Looks at the path of the home.
Result<HomeFacts> read_home_facts(const Root& root, const Account& account) {
  HomeFacts home;
  const auto info = OR_RETURN(root.stat(account.home));
  if (!info) return home;
  home.exists = true;
  home.directory = info->is_directory();
  home.uid = info->uid;
  home.gid = info->gid;
  home.link = root.link_target(account.home).has_value();
  if (!home.directory) return home;
  const auto names = root.list(account.home);
  home.empty = names && names->empty();
  const auto opened = OR_RETURN(root.open_file(account.home, O_PATH | O_DIRECTORY));
  struct stat status{};
  if (fstatat(opened.get(), ".ssh", &status, AT_SYMLINK_NOFOLLOW) == 0)
    home.ssh_uid = status.st_uid;
  return home;
}

/// Whether the home needs the skeleton's files.
bool is_empty_home(const Root& root, const Account& account) {
  const auto names = root.list(account.home);
  return names && names->empty();
}

/// The files in the home from which sshd's configuration, or a Match block of it, lets keys be
/// read.
std::vector<std::string> find_keys_files_in_home(const Root& root, const Account& account) {
  SshdAnswer every;
  for (const SshdSetting& setting : read_sshd_settings(root)) {
    if (setting.keyword != "authorizedkeysfile") continue;
    every.authorized_keys_files.insert(every.authorized_keys_files.end(), setting.arguments.begin(),
                                       setting.arguments.end());
  }
  std::vector<std::string> files;
  for (const KeysFile& file : find_keys_files(every, account)) {
    if (!file.below_home.empty()) files.push_back(file.below_home.substr(1));
  }
  return files;
}

}  // namespace

Result<ClaimedHome> claim_home(const Root& root, const Account& account, const AccountFacts& facts,
                               bool is_new) {
  const std::string home = "the home '" + printable(account.home) + "'";
  const auto found = OR_RETURN(read_home_facts(root, account), "looking at " + home);
  auto choice = OR_RETURN(decide_home(found, account, facts, is_new));
  ClaimedHome claimed{.why = std::move(choice.why)};
  if (choice.action == HomeAction::kMake) return claimed;
  claimed.changed = choice.action != HomeAction::kKeep;
  const auto keys_files = find_keys_files_in_home(root, account);
  if (choice.action == HomeAction::kGive) {
    OR_RETURN(give_to_user(root, account), "giving " + home + " to the user");
  } else if (choice.action == HomeAction::kTakeOver) {
    claimed.taken = OR_RETURN(take_over_home(root, account, found.uid, keys_files));
  }
  claimed.set_aside = OR_RETURN(find_set_aside(root, account, keys_files), "looking at " + home);
  return claimed;
}

Result<ClaimedHome> ensure_named_home(const Root& root, const Account& account,
                                      const AccountFacts& facts) {
  const std::string home = "the home '" + printable(account.home) + "'";
  const auto info = OR_RETURN(root.stat(account.home), "looking at " + home);
  ClaimedHome named{.why = "did not exist"};
  if (info) {
    if (!info->is_directory()) return fail(Reason::kUser, home + " is not a directory");
    named.of_other = info->uid != account.uid;
    named.why = describe_owner(info->uid, facts);
  } else {
    const FileAttributes attributes{.mode = 0700, .owner = account.uid, .group = account.gid};
    OR_RETURN(root.make_directory(account.home, attributes), "making " + home);
  }
  if (!named.of_other) OR_RETURN(ensure_home(root, account, true));
  return named;
}

Result<void> ensure_home(const Root& root, const Account& account, bool fill) {
  const std::string home = "the home '" + printable(account.home) + "'";
  const auto info = OR_RETURN(root.stat(account.home), "looking at " + home);
  bool fresh = fill;
  if (!info) {
    if (!is_home_of(account)) return fail(Reason::kUser, home + " does not exist");
    const FileAttributes attributes{.mode = 0700, .owner = account.uid, .group = account.gid};
    OR_RETURN(root.make_directory(account.home, attributes), "making " + home);
    fresh = true;
  } else if (!info->is_directory() || info->uid != account.uid) {
    return fail(Reason::kUser, home + " is not a directory that the user owns");
  } else {
    fresh = fresh || is_empty_home(root, account);
  }
  if (fresh) OR_RETURN(copy_skeleton(root, account), "copying /etc/skel to " + home);
  // Label an existing home too: an interrupted run may have made it.
  return root.live() ? Result<void>() : root.relabel(account.home);
}

}  // namespace azl::provision
