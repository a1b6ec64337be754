#include "provision/custom_data/run/file_writer.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/custom_data/plan/path_components.h"

namespace azl::provision::custom_data {
namespace {

constexpr int kMostLinks = 40;                               // as the kernel, path_resolution(7)
constexpr std::size_t kAppendLimit = std::size_t{64} << 20;  // of the file that is appended to

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Parses an id such as "1000".
std::optional<unsigned> parse_id(std::string_view text) {
  unsigned id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

Result<Owner> find_owner(const Root& root, const WriteFile& file) {
  if (file.user == "root" && file.group == "root") return Owner{};
  const auto accounts = OR_RETURN(read_accounts(root));
  Owner owner;
  if (const auto* account = accounts.find(file.user); account != nullptr) {
    owner = {.uid = account->uid, .gid = account->gid};
  } else if (const auto id = parse_id(file.user)) {
    owner.uid = *id;
  } else {
    return fail(Reason::kCustomData, "there is no user '" + printable(file.user) + "'");
  }
  if (const auto* group = accounts.find_group(file.group); group != nullptr) {
    owner.gid = group->gid;
  } else if (const auto id = parse_id(file.group)) {
    owner.gid = *id;
  } else {
    return fail(Reason::kCustomData, "there is no group '" + printable(file.group) + "'");
  }
  return owner;
}

/// What is at a path, itself and not what it links to. Returns nullopt if nothing is there.
std::optional<struct stat> look_at(const Root& root, const std::string& path) {
  const auto fd = root.open_file(path, O_PATH | O_NOFOLLOW);
  struct stat status{};
  if (!fd || ::fstat(fd->get(), &status) != 0) return std::nullopt;
  return status;
}

/// Where a file is written.
struct Target {
  std::string path;            ///< without links
  std::optional<Owner> users;  ///< owner of the path's first directory that is not root's
};

/// Follows root's links as far as the path exists, up to the first directory that is not root's.
Result<Target> find_target(const Root& root, const std::string& path) {
  Target target;
  auto rest = split_path(path);
  std::ranges::reverse(rest);
  for (int links = 0; !rest.empty();) {
    const auto next = target.path + "/" + rest.back();
    rest.pop_back();
    const auto status = target.users ? std::nullopt : look_at(root, next);
    if (!status || !S_ISLNK(status->st_mode)) {
      if (status && status->st_uid != 0 && S_ISDIR(status->st_mode))
        target.users = {.uid = status->st_uid, .gid = status->st_gid};
      target.path = next;
      continue;
    }
    const auto to = root.link_target(next);
    if (status->st_uid != 0)
      return fail(Reason::kCustomData, next + " is a symbolic link that is not root's");
    if (!to || ++links > kMostLinks)
      return fail(Reason::kCustomData, next + " is a symbolic link that leads nowhere");
    const auto base = to->starts_with('/') ? std::string() : target.path;
    const auto linked = split_path(base + "/" + *to);
    rest.insert(rest.end(), linked.rbegin(), linked.rend());
    target = {};
  }
  return target;
}

FileAttributes attributes_of(mode_t mode, Owner owner) {
  return {.mode = mode, .owner = owner.uid, .group = owner.gid};
}

/// How a file is written.
struct Manner {
  Owner owner = {};
  bool live = false;     ///< into the live system
  bool durable = false;  ///< it is synced
};

/// Whom missing directories are given to. Below a user's directory they are that user's, with the
/// group of the file if it is the user's, too.
Owner owner_of_parents(const Target& target, Owner file) {
  return target.users && target.users->uid != file.uid ? *target.users : file;
}

Result<void> make_parents(const Root& root, std::string_view path, Owner owner) {
  for (auto slash = path.find('/', 1); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const auto parent = path.substr(0, slash);
    if (!root.exists(parent)) OR_RETURN(root.make_directory(parent, attributes_of(0755, owner)));
  }
  return {};
}

/// Writes into the file that exists. A device is opened in the live system only: the devices of a
/// tree may be those of this machine.
Result<void> write_in_place(const Root& root, const std::string& path, const WriteFile& file,
                            bool live) {
  const auto looked = OR_RETURN(root.open_file(path, O_PATH | O_NOFOLLOW));
  struct stat status{};
  if (::fstat(looked.get(), &status) != 0) return fail_errno(errno, "examining " + path);
  const bool device = S_ISCHR(status.st_mode) && live;
  if (!S_ISREG(status.st_mode) && !device)
    return fail(Reason::kCustomData, path + " exists and is not a file");
  const int how = O_WRONLY | O_CLOEXEC | O_NOCTTY | (file.append ? O_APPEND : O_TRUNC);
  const UniqueFd fd(::open(("/proc/self/fd/" + std::to_string(looked.get())).c_str(), how));
  if (!fd) return fail_errno(errno, "opening " + path);
  if (!write_fully(fd.get(), file.content.reveal())) return fail_errno(errno, "writing " + path);
  return {};
}

/// The content that the file is to have. With `append`, that is what it has, and the new.
Result<Secret> whole_content(const Root& root, const std::string& path, const WriteFile& file) {
  if (!file.append) return file.content.clone();
  auto present = OR_RETURN(root.read_if_exists(path, kAppendLimit));
  std::string whole = present ? std::move(*present) : std::string();
  whole.append(file.content.reveal());
  return Secret(std::move(whole));
}

Result<void> replace(const Root& root, const std::string& path, const WriteFile& file,
                     const Manner& manner) {
  const auto content = OR_RETURN(whole_content(root, path, file));
  auto attributes = attributes_of(file.mode, manner.owner);
  attributes.durable = manner.durable;
  OR_RETURN(root.write(path, content.reveal(), attributes));
  return {};
}

/// Whether a file that exists cannot be replaced, but perhaps written.
bool is_fixed(const Error& error) {
  switch (error.errno_value().value_or(0)) {
    case EACCES:
    case EBUSY:  // a file that is a mount point
    case ENOENT:
    case EPERM:  // /proc and /sys
    case EROFS:
      return true;
    default:
      return false;
  }
}

/// Writes to a path without links. `root` follows none: somebody may have put one there since.
Result<void> write_to(const Root& root, const Target& target, const WriteFile& file,
                      const Manner& manner) {
  const auto& path = target.path;
  OR_RETURN(make_parents(root, path, owner_of_parents(target, manner.owner)));
  const auto present = look_at(root, path);
  if (present && S_ISDIR(present->st_mode)) return fail(Reason::kCustomData, "it is a directory");
  if (target.users) {
    if (present && file.append && present->st_nlink > 1)
      return fail(Reason::kCustomData, "the file has a second name, so it may be another one's");
    return replace(root, path, file, manner);
  }
  if (present && !S_ISREG(present->st_mode) && !S_ISLNK(present->st_mode))
    return write_in_place(root, path, file, manner.live);
  auto replaced = replace(root, path, file, manner);
  if (!replaced && present && is_fixed(replaced.error()))
    return write_in_place(root, path, file, manner.live);
  return replaced;
}

}  // namespace

Result<void> UnsyncedFiles::add(const Root& root, const std::string& path) {
  const auto parent = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  auto fd = OR_RETURN(root.open_file(parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "examining " + parent);
  file_systems_.try_emplace(status.st_dev, std::move(fd));
  return {};
}

Result<void> UnsyncedFiles::sync() {
  for (const auto& [device, fd] : file_systems_) {
    if (::syncfs(fd.get()) != 0) return fail_errno(errno, "syncing the files that were written");
  }
  file_systems_.clear();
  return {};
}

Result<std::string> write_file(const Root& root, const WriteFile& file, UnsyncedFiles* unsynced) {
  const auto context = "writing " + printable(file.path);
  const auto owner = OR_RETURN(find_owner(root, file), context);
  auto target = OR_RETURN(find_target(root, file.path), context);
  if (target.path.empty()) return fail(Reason::kCustomData, context + ": it is a directory");
  const auto linkless = OR_RETURN(root.without_links(), context);
  OR_RETURN(write_to(linkless, target, file,
                     {.owner = owner, .live = root.live(), .durable = unsynced == nullptr}),
            context);
  if (unsynced != nullptr) OR_RETURN(unsynced->add(linkless, target.path), context);
  return std::move(target.path);
}

}  // namespace azl::provision::custom_data
