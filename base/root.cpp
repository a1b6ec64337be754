#include "base/root.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <mutex>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/labels.h"
#include "base/random.h"
#include "base/text.h"

namespace azl {

/// The policy of a tree. Loaded for the first label, because most runs change nothing.
class LazyLabels {
 public:
  explicit LazyLabels(Root root) : root_(std::move(root)) {}

  /// Returns null if the tree has no policy.
  [[nodiscard]] Result<const Labels*> get() {
    std::call_once(once_, [this] { opened_ = Labels::open(root_); });
    if (!opened_) return fail(Error(opened_.error()), "loading the SELinux policy's file contexts");
    return opened_->get();
  }

 private:
  Root root_;  ///< the same directory, for reading: it has no labels
  std::once_flag once_;
  Result<std::unique_ptr<Labels>> opened_;
};

namespace {

constexpr std::uint64_t kInRoot = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
constexpr std::uint64_t kInHome = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
constexpr int kDirectoryPath = O_PATH | O_DIRECTORY;
constexpr mode_t kPermissions = 07777;
constexpr std::size_t kLongestPath = 200;    // in messages
constexpr std::size_t kMostNames = 100'000;  // in a directory
constexpr const char* kLabelAttribute = "security.selinux";

/// Returns the path as RESOLVE_BENEATH requires it: relative, "." for the root itself.
std::string relative(std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path.empty() ? "." : std::string(path);
}

/// openat2(2), which glibc 2.36 lacks. Retries on EAGAIN, which the kernel returns if a concurrent
/// rename could have moved ".." outside.
int open_beneath(int directory, const std::string& path, int flags, mode_t mode,
                 std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.mode = mode;
  how.resolve = resolve;
  constexpr int kTries = 16;
  long fd = -1;
  for (int i = 0; i < kTries; ++i) {
    fd = syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return static_cast<int>(fd);
}

bool is_absent(int error) { return error == ENOENT || error == ENOTDIR; }

/// Explains a refused resolution whose errno text is not clear. Otherwise empty.
std::string_view describe_refusal(int error, std::uint64_t resolve) {
  if (error == ELOOP && (resolve & RESOLVE_NO_SYMLINKS) != 0) {
    return " (a symbolic link is in the way)";
  }
  if (error == EXDEV) return " (it leads out of the directory)";
  return "";
}

std::string proc_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

bool is_file(mode_t mode) { return S_ISREG(mode); }
bool is_device_or_image(mode_t mode) { return S_ISBLK(mode) || S_ISREG(mode); }

/// What is at a path, for messages: "a FIFO".
std::string_view describe_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "a directory";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    case S_IFBLK:
    case S_IFCHR:
      return "a device";
    case S_IFLNK:
      return "a symbolic link";
    default:
      return "a regular file";
  }
}

bool is_same_file(int one, int other) {
  struct stat first{};
  struct stat second{};
  return fstat(one, &first) == 0 && fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/// Returns the kernel's path of an open directory; empty without /proc.
std::string real_path(int fd) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t length = readlink(proc_path(fd).c_str(), buffer.data(), buffer.size());
  return length < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
}

bool is_running_root(int fd) {
  struct stat ours{};
  struct stat running{};
  return fstat(fd, &ours) == 0 && ::stat("/", &running) == 0 && ours.st_dev == running.st_dev &&
         ours.st_ino == running.st_ino;
}

/// Reads `size` bytes. Returns fewer only at the end of the file; -1 with errno on an error.
ssize_t read_fully(int fd, char* data, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, data + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

bool has_content(int fd, std::string_view content) {
  std::array<char, 16384> buffer;
  while (!content.empty()) {
    const std::size_t size = std::min(content.size(), buffer.size());
    if (read_fully(fd, buffer.data(), size) != static_cast<ssize_t>(size)) return false;
    if (content.substr(0, size) != std::string_view(buffer.data(), size)) return false;
    content.remove_prefix(size);
  }
  return true;
}

// An invalid id changes nothing and returns the current one.
uid_t current_fsuid() { return static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))); }
gid_t current_fsgid() { return static_cast<gid_t>(setfsgid(static_cast<gid_t>(-1))); }

/// FileAttributes with the defaults filled in.
struct Attributes {
  mode_t mode;
  uid_t owner;
  gid_t group;
};

Attributes complete(const FileAttributes& attributes) {
  return {attributes.mode & kPermissions, attributes.owner.value_or(current_fsuid()),
          attributes.group.value_or(current_fsgid())};
}

/// Returns whether `name` is a regular file with this content and these attributes. Returns false
/// if it cannot be examined; writing it gives the error.
bool is_unchanged(int directory, const std::string& name, std::string_view content,
                  const Attributes& attributes) {
  struct stat status{};
  // Examined first, because opening a device can have effects.
  if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(status.st_mode)) {
    return false;
  }
  const UniqueFd fd(
      openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return fd && fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & kPermissions) == attributes.mode && status.st_uid == attributes.owner &&
         status.st_gid == attributes.group &&
         static_cast<std::uint64_t>(status.st_size) == content.size() &&
         has_content(fd.get(), content);
}

/// Sets the owner first, because chown(2) clears the set-user-ID bits of the mode.
Result<void> set_attributes(int fd, const Attributes& attributes, const std::string& path) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return fail_errno(errno, "examining the new " + path);
  if (status.st_uid != attributes.owner || status.st_gid != attributes.group) {
    if (fchown(fd, attributes.owner, attributes.group) != 0) {
      return fail_errno(errno, "setting the owner of " + path);
    }
  }
  if (fchmod(fd, attributes.mode) != 0) return fail_errno(errno, "setting the mode of " + path);
  return {};
}

/// Whether a directory has an entry of this name, be it a dangling link.
bool has_entry(int directory, const std::string& name) {
  struct stat status{};
  return fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/// The temporary name of a new file or directory. Removes it unless it was published.
class TemporaryName {
 public:
  enum class Kind { kFile = 0, kDirectory = AT_REMOVEDIR };

  TemporaryName(int directory, const std::string& name, Kind kind)
      : directory_(directory),
        name_("." + name.substr(0, kKept) + std::string(kUnfinished)),
        kind_(kind) {}
  ~TemporaryName() {
    if (!published_) unlinkat(directory_, name_.c_str(), static_cast<int>(kind_));
  }
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;

  [[nodiscard]] const char* name() const { return name_.c_str(); }
  /// Removes what an interrupted run has left. If that fails, because somebody put something else
  /// in its place, takes a name that cannot be known before.
  void remove() {
    if (unlinkat(directory_, name_.c_str(), static_cast<int>(kind_)) != 0 && errno != ENOENT)
      name_ += "." + random_hex();
  }
  /// Gives it its final name; `flags` as for renameat2(2).
  [[nodiscard]] bool publish(const std::string& name, unsigned flags) {
    published_ = renameat2(directory_, name_.c_str(), directory_, name.c_str(), flags) == 0;
    return published_;
  }

 private:
  /// Of a long name, so that the temporary one is no longer than NAME_MAX.
  static constexpr std::size_t kKept = 220;

  int directory_;
  std::string name_;
  Kind kind_;
  bool published_ = false;
};

using DirectoryStream = Handle<DIR, closedir>;

/// Returns the names in an open directory, sorted. Errors name `path`.
Result<std::vector<std::string>> list_names(UniqueFd fd, const std::string& path) {
  const DirectoryStream stream(fdopendir(fd.get()));
  if (!stream) return fail_errno(errno, "reading the directory " + path);
  (void)fd.release();  // closedir closes it
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    if (names.size() > kMostNames) {
      return fail(Reason::kInvalidInput,
                  path + " has more than " + std::to_string(kMostNames) + " entries");
    }
  }
  if (errno != 0) return fail_errno(errno, "reading the directory " + path);
  std::sort(names.begin(), names.end());
  return names;
}

/// fsetxattr(2) fails for O_PATH descriptors. Their links in /proc lead to the file, also to a
/// symbolic link itself.
bool set_label_attribute(int fd, const std::string& label) {
  const std::size_t size = label.size() + 1;  // with the NUL, as libselinux does
  if (fsetxattr(fd, kLabelAttribute, label.c_str(), size, 0) == 0) return true;
  if (errno != EBADF) return false;
  return setxattr(proc_path(fd).c_str(), kLabelAttribute, label.c_str(), size, 0) == 0;
}

/// Sets the label of an open file to the policy's label for `path`.
Result<void> set_label(const Labels& labels, int fd, const std::string& path, mode_t mode) {
  const std::string label = labels.lookup(path, mode);
  if (label.empty() || set_label_attribute(fd, label)) return {};
  if (errno == EOPNOTSUPP) return {};  // e.g. vfat: the mount has one label for all files
  return fail_errno(errno, "setting the SELinux label of " + printable(path, kLongestPath));
}

Result<void> relabel_tree(const Labels& labels, int directory, const std::string& name,
                          const std::string& path, int depth = 0) {
  constexpr int kDeepest = 64;
  const std::string what = "labelling " + printable(path, kLongestPath);
  if (depth > kDeepest) return fail(Reason::kInvalidInput, what + ": the tree is too deep");
  const UniqueFd fd(openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT && depth > 0) return {};  // was removed meanwhile
  struct stat status{};
  if (!fd || fstat(fd.get(), &status) != 0) return fail_errno(errno, what);
  OR_RETURN(set_label(labels, fd.get(), path, status.st_mode));
  if (!S_ISDIR(status.st_mode)) return {};

  UniqueFd stream(openat(fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!stream) return fail_errno(errno, what);
  const auto names = OR_RETURN(list_names(std::move(stream), path), what);
  for (const std::string& below : names) {
    OR_RETURN(relabel_tree(labels, fd.get(), below, path + "/" + below, depth + 1));
  }
  return {};
}

/// Returns all but the last component; "" for a single name.
std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

bool FileInfo::is_directory() const { return S_ISDIR(mode); }
bool FileInfo::is_regular() const { return S_ISREG(mode); }

Root::Root(UniqueFd fd, std::string directory, bool live, std::uint64_t resolve)
    : fd_(std::move(fd)), directory_(std::move(directory)), live_(live), resolve_(resolve) {}
Root::Root(Root&&) noexcept = default;
Root& Root::operator=(Root&&) noexcept = default;
Root::~Root() = default;

Result<Root> Root::open(const std::string& directory) {
  UniqueFd fd(::open(directory.c_str(), kDirectoryPath | O_CLOEXEC));
  if (!fd) {
    auto failure = fail_errno(errno, "opening the root directory " + printable(directory));
    return fail(std::move(failure.error()).with_cause(Cause::kNoRootDirectory));
  }
  UniqueFd again(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!again) return fail_errno(errno, "duplicating a file descriptor");
  const bool live = is_running_root(fd.get());
  const std::string name = live ? "/" : directory;
  Root root(std::move(fd), name, live, kInRoot);
  root.labels_ = std::make_shared<LazyLabels>(Root(std::move(again), name, live, kInRoot));
  return root;
}

Result<Root> Root::open_home(std::string_view path) const {
  auto fd = OR_RETURN(open_file(path, kDirectoryPath), "opening a home directory");
  std::string prefix = labelled_path(fd.get(), path);
  Root home(std::move(fd), display_path(path), false, kInHome);
  home.label_prefix_ = std::move(prefix);
  home.labels_ = labels_;
  home.observer_ = observer_;
  // Loaded now, because this thread may act as the user below a home, and the user may not be able
  // to read the policy. The first write returns the error of this call.
  if (labels_) (void)labels_->get();
  return home;
}

Result<Root> Root::without_links() const { return open_home("/"); }

Result<UniqueFd> Root::open_file(std::string_view path, int flags, mode_t mode) const {
  return open_after_look(path, flags, mode, is_file);
}

Result<UniqueFd> Root::open_device(std::string_view path, int flags) const {
  return open_after_look(path, flags, 0, is_device_or_image);
}

UniqueFd Root::open_anything(std::string_view path, int flags, mode_t mode) const {
  UniqueFd fd(open_beneath(fd_.get(), relative(path), flags, mode, resolve_));
  const bool creates = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (!fd && errno == ENOSYS && live_ && !creates) {
    // Programs of systemd-udevd may not call openat2 (RestrictSUIDSGID= forbids it). Below "/",
    // openat opens the same file.
    fd = UniqueFd(openat(fd_.get(), relative(path).c_str(), flags | O_CLOEXEC));
  }
  return fd;
}

std::unexpected<Error> Root::fail_opening(int error, std::string_view path) const {
  return fail_errno(
      error, "opening " + display_path(path) + std::string(describe_refusal(error, resolve_)));
}

Result<UniqueFd> Root::open_after_look(std::string_view path, int flags, mode_t mode,
                                       bool (*is_allowed)(mode_t)) const {
  if (path.find('\0') != std::string_view::npos) {
    return fail(Reason::kInvalidInput, "the path '" + printable(path) + "' contains a NUL");
  }
  const bool creates = (flags & O_CREAT) != 0;
  // These open no file that exists, or do nothing with it. O_TMPFILE contains O_DIRECTORY.
  if ((flags & (O_PATH | O_DIRECTORY)) != 0 || (creates && (flags & O_EXCL) != 0)) {
    UniqueFd fd = open_anything(path, flags, mode);
    if (!fd) return fail_opening(errno, path);
    return fd;
  }
  constexpr int kTries = 4;  // another process may make or remove the file meanwhile
  for (int i = 0;; ++i) {
    const UniqueFd looked = open_anything(path, O_PATH | (flags & O_NOFOLLOW), 0);
    if (looked) return open_looked_at(looked, path, flags, is_allowed);
    if (errno != ENOENT || !creates) return fail_opening(errno, path);
    UniqueFd made = open_anything(path, flags | O_EXCL, mode);
    if (made) return made;
    if (errno != EEXIST || i == kTries) return fail_opening(errno, path);
  }
}

Result<UniqueFd> Root::open_looked_at(const UniqueFd& looked, std::string_view path, int flags,
                                      bool (*is_allowed)(mode_t)) const {
  struct stat status{};
  if (fstat(looked.get(), &status) != 0)
    return fail_errno(errno, "examining " + display_path(path));
  if (S_ISLNK(status.st_mode)) return fail_opening(ELOOP, path);  // O_NOFOLLOW
  if (!is_allowed(status.st_mode)) {
    return fail(Cause::kNotAFile, display_path(path) + " is not a " +
                                      (is_allowed == is_file ? "regular file" : "block device") +
                                      " but " + std::string(describe_type(status.st_mode)));
  }
  flags &= ~(O_CREAT | O_NOFOLLOW);
  // A file may have a lease (fcntl F_SETLEASE), on which open(2) would wait.
  if (S_ISREG(status.st_mode)) flags |= O_NONBLOCK | O_NOCTTY;
  UniqueFd fd(::open(proc_path(looked.get()).c_str(), flags | O_CLOEXEC));
  if (fd || errno != ENOENT) {
    if (!fd) return fail_opening(errno, path);
    return fd;
  }
  // There is no /proc.
  fd = open_anything(path, flags | O_NONBLOCK | O_NOCTTY, 0);
  if (!fd) return fail_opening(errno, path);
  if (!is_same_file(looked.get(), fd.get())) {
    return fail(Reason::kIo, display_path(path) + " was replaced while it was opened");
  }
  return fd;
}

Result<std::optional<FileInfo>> Root::stat(std::string_view path) const {
  auto fd = open_file(path, O_PATH);
  if (!fd) {
    if (is_absent(fd.error().errno_value().value_or(0))) return std::nullopt;
    return fail(std::move(fd.error()));
  }
  struct stat status{};
  if (fstat(fd->get(), &status) != 0) return fail_errno(errno, "examining " + display_path(path));
  return FileInfo{.mode = status.st_mode,
                  .uid = status.st_uid,
                  .gid = status.st_gid,
                  .size = static_cast<std::uint64_t>(status.st_size),
                  .modified_s = status.st_mtim.tv_sec};
}

bool Root::exists(std::string_view path) const {
  return stat(path).value_or(std::nullopt).has_value();
}

Result<std::string> Root::read(std::string_view path, std::size_t limit) const {
  const auto fd = OR_RETURN(open_file(path, O_RDONLY));
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return fail_errno(errno, "examining " + display_path(path));
  // The size is only a hint: files of /proc and /sys report 0 or a whole page.
  constexpr std::size_t kSmallest = 4096;
  std::size_t chunk = std::max(static_cast<std::size_t>(status.st_size) + 1, kSmallest);
  std::string content;
  while (true) {
    const std::size_t had = content.size();
    chunk = std::min(chunk, limit - had) + 1;  // one more, to detect a longer file
    content.resize(had + chunk);
    const ssize_t got = read_fully(fd.get(), content.data() + had, chunk);
    if (got < 0) return fail_errno(errno, "reading " + display_path(path));
    content.resize(had + static_cast<std::size_t>(got));
    if (content.size() > limit) {
      return fail(Reason::kInvalidInput,
                  display_path(path) + " is longer than " + std::to_string(limit) + " bytes");
    }
    if (static_cast<std::size_t>(got) < chunk) return content;
  }
}

Result<std::optional<std::string>> Root::read_if_exists(std::string_view path,
                                                        std::size_t limit) const {
  auto content = read(path, limit);
  if (content) return std::move(*content);
  if (is_absent(content.error().errno_value().value_or(0))) return std::nullopt;
  return fail(std::move(content.error()));
}

Result<std::vector<std::string>> Root::list(std::string_view path) const {
  auto fd = open_file(path, O_RDONLY | O_DIRECTORY);
  if (fd) return list_names(std::move(*fd), display_path(path));
  if (is_absent(fd.error().errno_value().value_or(0))) return std::vector<std::string>();
  return fail(std::move(fd.error()));
}

std::optional<std::string> Root::link_target(std::string_view path) const {
  const auto parent = open_parent(path);
  if (!parent) return std::nullopt;
  std::array<char, PATH_MAX> buffer;
  const ssize_t length =
      readlinkat(parent->directory.get(), parent->name.c_str(), buffer.data(), buffer.size());
  if (length < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(length));
}

Result<bool> Root::write(std::string_view path, std::string_view content,
                         const FileAttributes& attributes) const {
  const std::string what = display_path(path);
  const auto parent = OR_RETURN(open_parent(path), "writing " + what);
  const int directory = parent.directory.get();
  const Attributes wanted = complete(attributes);

  TemporaryName temporary(directory, parent.name, TemporaryName::Kind::kFile);
  if (is_unchanged(directory, parent.name, content, wanted)) return false;
  const bool is_new = *observer_ != nullptr && !has_entry(directory, parent.name);
  temporary.remove();

  const UniqueFd fd(openat(directory, temporary.name(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail_errno(errno, "making the new " + what);
  if (!write_fully(fd.get(), content)) return fail_errno(errno, "writing " + what);
  OR_RETURN(set_attributes(fd.get(), wanted, what));
  OR_RETURN(label_new(fd.get(), parent, S_IFREG | wanted.mode), "writing " + what);
  if (attributes.durable && fsync(fd.get()) != 0) return fail_errno(errno, "syncing " + what);
  if (!temporary.publish(parent.name, 0)) return fail_errno(errno, "replacing " + what);
  if (*observer_ != nullptr) (*observer_)->on_write(labelled_path(parent), content, is_new);
  return true;
}

Result<bool> Root::make_directory(std::string_view path, const FileAttributes& attributes) const {
  const auto components = split(path, '/');
  std::string so_far;
  bool made = false;
  auto directory = open_file("/", kDirectoryPath);
  for (const std::string_view& component : components) {
    if (!directory) break;
    so_far += "/";
    so_far += component;
    auto next = open_file(so_far, kDirectoryPath);
    made = !next && next.error().errno_value() == ENOENT;
    if (made) {
      const bool last = &component == &components.back();
      const Parent parent{std::move(*directory), std::string(parent_of(so_far)),
                          std::string(component)};
      made = OR_RETURN(
          make_one_directory(parent, so_far, last ? attributes : FileAttributes{.mode = 0755}),
          "making the directory " + display_path(path));
      next = open_file(so_far, kDirectoryPath);
    }
    directory = std::move(next);
  }
  OR_RETURN(std::move(directory), "making the directory " + display_path(path));
  return made;
}

Result<bool> Root::make_one_directory(const Parent& parent, std::string_view path,
                                      const FileAttributes& attributes) const {
  const int directory = parent.directory.get();
  const Attributes wanted = complete(attributes);
  const std::string what = display_path(path);

  // Made under a temporary name, so that a power failure never leaves it with a wrong owner.
  TemporaryName temporary(directory, parent.name, TemporaryName::Kind::kDirectory);
  temporary.remove();
  if (mkdirat(directory, temporary.name(), 0700) != 0) return fail_errno(errno, "making " + what);
  const UniqueFd fd(
      openat(directory, temporary.name(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "opening the new " + what);
  OR_RETURN(set_attributes(fd.get(), wanted, what));
  OR_RETURN(label_new(fd.get(), parent, S_IFDIR | wanted.mode));
  if (!temporary.publish(parent.name, RENAME_NOREPLACE)) {
    if (errno != EEXIST) return fail_errno(errno, "naming the new " + what);
    // Nothing was found at the path before, so this is a dangling link, or was just made.
    if (link_target(path) && !exists(path)) {
      return fail(Reason::kIo, what + " is a symbolic link to a file that does not exist");
    }
    return false;
  }
  if (*observer_ != nullptr) (*observer_)->on_make_directory(labelled_path(parent));
  return true;
}

Result<bool> Root::remove(std::string_view path) const {
  auto parent = open_parent(path);
  if (!parent) {
    if (is_absent(parent.error().errno_value().value_or(0))) return false;
    return fail(std::move(parent.error()), "removing " + display_path(path));
  }
  if (unlinkat(parent->directory.get(), parent->name.c_str(), 0) != 0) {
    if (errno == ENOENT) return false;
    return fail_errno(errno, "removing " + display_path(path));
  }
  if (*observer_ != nullptr) (*observer_)->on_remove(labelled_path(*parent));
  return true;
}

Result<void> Root::sync() const {
  const UniqueFd directory(openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory && syncfs(directory.get()) == 0) return {};
  return fail_errno(errno, "syncing the file system of " + display_path("/"));
}

Result<void> Root::remove_directory(std::string_view path) const {
  const auto parent = OR_RETURN(open_parent(path), "removing the directory " + display_path(path));
  if (unlinkat(parent.directory.get(), parent.name.c_str(), AT_REMOVEDIR) != 0)
    return fail_errno(errno, "removing the directory " + display_path(path));
  if (*observer_ != nullptr) (*observer_)->on_remove(labelled_path(parent));
  return {};
}

Result<void> Root::relabel(std::string_view path) const {
  const std::string what = "labelling " + display_path(path);
  const Labels* labels = OR_RETURN(labels_->get(), what);
  if (labels == nullptr) return {};
  const auto parent = OR_RETURN(open_parent(path), what);
  return relabel_tree(*labels, parent.directory.get(), parent.name, labelled_path(parent));
}

Result<void> Root::label_new(int fd, const Parent& parent, mode_t mode) const {
  const Labels* labels = OR_RETURN(labels_->get());
  if (labels == nullptr) return {};
  return set_label(*labels, fd, labelled_path(parent), mode);
}

Result<Root::Parent> Root::open_parent(std::string_view path) const {
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (name.empty() || name == "." || name == ".." || name.find('\0') != std::string_view::npos) {
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' does not end with a name");
  }
  auto directory = OR_RETURN(open_file(parent_of(path), kDirectoryPath));
  return Parent{std::move(directory), std::string(parent_of(path)), std::string(name)};
}

std::string Root::display_path(std::string_view path) const {
  const std::string below = relative(path);
  if (below == ".") return printable(directory_, kLongestPath);
  return printable((directory_ == "/" ? "" : directory_) + "/" + below, kLongestPath);
}

std::string Root::labelled_path(const Parent& parent) const {
  return labelled_path(parent.directory.get(), parent.path) + "/" + parent.name;
}

std::string Root::labelled_path(int directory, std::string_view given) const {
  // The real path, as restorecon(8) uses it: a policy knows /run/x, not /var/run/x.
  std::string base = real_path(fd_.get());
  if (base == "/") base.clear();
  std::string real = real_path(directory);
  if (real == "/") real.clear();
  if (real == base) return label_prefix_;
  if (real.starts_with(base + "/")) return label_prefix_ + real.substr(base.size());
  // There is no /proc, or this is another mount of the tree.
  return label_prefix_ + "/" + relative(given);
}

Result<UniqueFd> open_entry(int directory, const std::string& name, int flags) {
  constexpr std::uint64_t kResolve = kInHome | RESOLVE_NO_XDEV;
  UniqueFd fd(open_beneath(directory, name, flags, 0, kResolve));
  if (!fd) return fail_errno(errno, "opening '" + printable(name) + "'");
  return fd;
}

FileSystemIdentity::FileSystemIdentity(uid_t uid, gid_t gid)
    : old_uid_(current_fsuid()), old_gid_(current_fsgid()) {
  setfsgid(gid);
  setfsuid(uid);
}

FileSystemIdentity::~FileSystemIdentity() {
  setfsuid(old_uid_);
  setfsgid(old_gid_);
}

}  // namespace azl
