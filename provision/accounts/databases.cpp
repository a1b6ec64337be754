#include "provision/accounts/databases.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "base/text.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

constexpr std::string_view kLock = "/etc/.pwd.lock";
constexpr std::array<std::string_view, 6> kDatabases = {"passwd",  "shadow", "group",
                                                        "gshadow", "subuid", "subgid"};

/// Whether the file system of /etc has too little space for a tool. The tools report a full disk in
/// many ways, and by then have removed some of what they wrote.
bool is_full(const Root& root) {
  constexpr std::uint64_t kBytes = 256 << 10;
  constexpr std::uint64_t kFiles = 32;
  const auto fd = root.open_file("/etc", O_RDONLY | O_DIRECTORY);
  struct statvfs room{};
  if (!fd || fstatvfs(fd->get(), &room) != 0) return false;
  const bool counts_files = room.f_files != 0;  // false for btrfs, which has no fixed number
  return room.f_bfree * room.f_frsize < kBytes || (counts_files && room.f_ffree < kFiles);
}

/// Whether /etc is on a file system that is mounted read-only. The tools say that they cannot lock
/// their files.
bool is_read_only(const Root& root) {
  const auto fd = root.open_file("/etc", O_RDONLY | O_DIRECTORY);
  struct statvfs room{};
  return fd && fstatvfs(fd->get(), &room) == 0 && (room.f_flag & ST_RDONLY) != 0;
}

/// Opens the file of lckpwdf(3)'s lock. Does not wait for a FIFO in its place.
Result<UniqueFd> open_lock(const Root& root) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  auto fd = root.open_file(kLock, kFlags, 0600);
  struct stat status{};
  const bool special = fd ? fstat(fd->get(), &status) != 0 || !S_ISREG(status.st_mode)
                          : fd.error().errno_value() == ENXIO;  // a FIFO that nobody reads
  if (special) return fail(Reason::kIo, "/etc/.pwd.lock is not a regular file");
  return fd;
}

/// Takes the lock of lckpwdf(3) as an open file description lock. Returns false if another process
/// holds it.
bool try_lock(const UniqueFd& fd) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(fd.get(), F_OFD_SETLK, &lock) == 0;
}

/// Finds a FIFO, a socket or a device among the files that the tools open, because a tool may wait
/// on it. Returns the path of the first one, or an empty text.
std::string find_blocking_file(const Root& root) {
  std::vector<std::string> paths = {std::string(kLock), "/etc/login.defs", "/etc/default/useradd",
                                    "/etc/nsswitch.conf"};
  for (const std::string_view database : kDatabases) {
    for (const std::string_view suffix : {"", "-", "+", ".lock"}) {
      paths.push_back("/etc/" + std::string(database) + std::string(suffix));
    }
  }
  const auto blocks = [&](const std::string& path) {
    const auto info = root.stat(path);  // what cannot be examined, the tool reports
    return info && *info && !(*info)->is_regular() && !(*info)->is_directory();
  };
  const auto found = std::ranges::find_if(paths, blocks);
  return found == paths.end() ? std::string() : *found;
}

/// Whether shadow-utils makes a temporary file of this name: a lock ("passwd.lock"), the file that
/// becomes the lock ("passwd.1234"), or the next version of a database ("passwd+").
bool is_temporary(std::string_view name) {
  const auto end = name.find_first_of(".+");
  if (end == std::string_view::npos ||
      std::ranges::find(kDatabases, name.substr(0, end)) == kDatabases.end()) {
    return false;
  }
  const std::string_view rest = name.substr(end);
  return rest == "+" || rest == ".lock" ||
         (rest.size() > 1 && rest.front() == '.' &&
          rest.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

}  // namespace

Result<void> AccountTools::run(std::vector<std::string> argv, Reason reason, Secret input) const {
  const std::string name = argv.front();
  if (const std::string blocking = find_blocking_file(root_); !blocking.empty())
    return fail(Error(reason, blocking + " is not a regular file"), "running " + name);
  Command command{.argv = std::move(argv), .input = std::move(input)};
  UniqueFd tree;
  if (!root_.live()) {
    // A descriptor, because the owner of a directory in the tree's path could replace the path.
    tree = OR_RETURN(root_.open_file("/", O_PATH | O_DIRECTORY));
    command.argv.insert(command.argv.begin() + 1,
                        {"-R", "/proc/self/fd/" + std::to_string(tree.get())});
    command.inherited = {tree.get()};
  }
  auto done = processes_.run(command, deadline_);
  if (!done && done.error().reason() == Reason::kToolFailed && is_full(root_)) {
    return fail(Error(Reason::kDiskFull, "no space left on the file system of /etc (" +
                                             done.error().to_string() + ")"),
                "running " + name);
  }
  if (!done && done.error().reason() == Reason::kToolFailed && is_read_only(root_)) {
    return fail(Error(Reason::kReadOnly, "the file system of /etc is mounted read-only (" +
                                             done.error().to_string() + ")"),
                "running " + name);
  }
  if (!done) return fail_tool(reason, std::move(done.error()), "running " + name);
  return {};
}

Result<void> relabel_databases(const Root& root) {
  if (root.live()) return {};
  for (const auto database : kDatabases) {
    const std::string name(database);
    for (const std::string& path : {"/etc/" + name, "/etc/" + name + "-"}) {
      if (!root.exists(path)) continue;
      OR_RETURN(root.relabel(path));
    }
  }
  return {};
}

Result<UniqueFd> lock_databases(const Root& root, const Deadline& deadline) {
  constexpr Duration kPause = std::chrono::milliseconds(20);
  auto fd = OR_RETURN(open_lock(root), "locking the account databases");
  while (!try_lock(fd)) {
    if (deadline.passed()) {
      return fail(Reason::kTimeout, "another process holds the lock /etc/.pwd.lock");
    }
    (void)poll(nullptr, 0, deadline.poll_timeout(kPause));
  }
  return fd;
}

Result<void> remove_stale_locks(const Root& root) {
  auto present = OR_RETURN(root.list("/etc"));
  std::erase_if(present, [](const std::string& name) { return !is_temporary(name); });
  if (present.empty()) return {};
  const UniqueFd lock = OR_RETURN(open_lock(root), "locking the account databases");
  if (!try_lock(lock)) return {};  // another process changes accounts; our tools wait for it
  for (const std::string& name : present) OR_RETURN(root.remove("/etc/" + name));
  return {};
}

Result<std::optional<Secret>> password_field(const Root& root, std::string_view user) {
  for (const std::string_view path : {"/etc/shadow", "/etc/passwd"}) {
    auto content =
        OR_RETURN(root.read_if_exists(path, kDatabaseLimit), "reading the password of a user");
    const Secret text(std::move(content).value_or(""));
    for (const std::string_view line : split(text.reveal(), '\n')) {
      const auto name_end = line.find(':');
      if (name_end == std::string_view::npos || line.substr(0, name_end) != user) continue;
      const std::string_view rest = line.substr(name_end + 1);
      const std::string_view field = rest.substr(0, rest.find(':'));
      if (path == "/etc/passwd" && field == "x") continue;  // "x" refers to shadow
      return Secret(std::string(field));
    }
  }
  return std::nullopt;
}

}  // namespace azl::provision
