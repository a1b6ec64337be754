// The tree that is provisioned: / or --root DIR. The program reaches every file through it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "base/fd.h"

namespace azl {

/// The suffix of a file or directory that is not finished.
inline constexpr std::string_view kUnfinished = ".azl-new";

/// The attributes of a written file. Owner and group default to the process's fsuid and fsgid.
struct FileAttributes {
  mode_t mode = 0644;
  std::optional<uid_t> owner = {};
  std::optional<gid_t> group = {};
  bool durable = true;  ///< false: not synced, for files that a power failure may destroy
};

/// The status of a path.
struct FileInfo {
  mode_t mode;  ///< type and permissions, as in struct stat
  uid_t uid;
  gid_t gid;
  std::uint64_t size;       ///< bytes
  std::int64_t modified_s;  ///< CLOCK_REALTIME seconds
  [[nodiscard]] bool is_directory() const;
  [[nodiscard]] bool is_regular() const;
};

/// Is told of the changes below a root while it is set. Paths are absolute, below the root that
/// Root::open() opened, also for changes below a home.
class RootObserver {
 public:
  virtual ~RootObserver() = default;
  /// A file got this content. `is_new`: nothing was at the path before.
  virtual void on_write(const std::string& path, std::string_view content, bool is_new) = 0;
  virtual void on_make_directory(const std::string& path) = 0;
  /// A file, link or empty directory was removed.
  virtual void on_remove(const std::string& path) = 0;
};

class LazyLabels;  // root.cpp

/// A directory. openat2 resolves all paths below it: absolute links and ".." stay inside
/// (RESOLVE_IN_ROOT), and magic links are refused. Paths are written as in the running system:
/// "/etc/hostname".
class Root {
 public:
  /// Opens `directory`; "/" is the live system. Errors: kIo with errno.
  [[nodiscard]] static Result<Root> open(const std::string& directory);
  /// Opens a user's home as a root of its own. `path` is resolved in this root. Inside the home, no
  /// symbolic link is followed and nothing above it can be reached
  /// (RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS).
  [[nodiscard]] Result<Root> open_home(std::string_view path) const;

  /// Opens this root once more. There, no symbolic link is followed, as in a home.
  [[nodiscard]] Result<Root> without_links() const;

  Root(Root&&) noexcept;
  Root& operator=(Root&&) noexcept;
  ~Root();

  /// True for "/". Only then may the running system be changed (sethostname, D-Bus, mounts).
  [[nodiscard]] bool live() const { return live_; }
  /// Has `observer` told of what this root, and the homes that were and will be opened from it, do
  /// from now on; null: nobody. The observer outlives this, or is replaced.
  void set_observer(RootObserver* observer) const { *observer_ = observer; }

  /// The directory as given, for messages and for the --root options of tools.
  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// Opens a regular file or, with O_DIRECTORY, a directory. With O_PATH opens anything, for a
  /// descriptor that can be neither read nor written. `flags` as for open(2); O_CLOEXEC is added.
  /// Examines what is at the path before it opens it, so that a FIFO cannot block the program and
  /// no device is opened; open_device() opens devices. Never waits. Errors: kInvalidInput if it is
  /// not a regular file; kIo. Where openat2 is forbidden, existing files of the live system can
  /// still be opened.
  [[nodiscard]] Result<UniqueFd> open_file(std::string_view path, int flags, mode_t mode = 0) const;
  /// Opens a block device, or a regular file in its place, as open_file() does. The devices in the
  /// /dev of a tree may be those of this machine: do not open them. Errors: as open_file().
  [[nodiscard]] Result<UniqueFd> open_device(std::string_view path, int flags) const;
  /// Follows links inside the root. Returns nullopt if nothing is there.
  [[nodiscard]] Result<std::optional<FileInfo>> stat(std::string_view path) const;
  /// Returns false also if the path cannot be examined.
  [[nodiscard]] bool exists(std::string_view path) const;
  /// Reads the whole file. Errors: kInvalidInput (longer than `limit` bytes, not a regular file),
  /// kIo.
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t limit = 1 << 20) const;
  /// Like read, but returns nullopt if nothing is there.
  [[nodiscard]] Result<std::optional<std::string>> read_if_exists(std::string_view path,
                                                                  std::size_t limit = 1
                                                                                      << 20) const;
  /// Returns the names in a directory, sorted, without "." and ".."; empty if there is no
  /// directory. Errors: kInvalidInput if there are more than 100,000; kIo.
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path) const;
  /// Returns the target of a symbolic link, or nullopt if `path` is not one.
  [[nodiscard]] std::optional<std::string> link_target(std::string_view path) const;

  /// Writes atomically: a temporary file (".NAME.azl-new"; a long NAME is cut) with mode, owner and
  /// label, fsync, rename. After a power failure the file is completely the old or the new one;
  /// sync() ensures the new one. Does nothing if the file has this content and these attributes.
  /// Returns whether anything changed. A symbolic link at `path` is replaced, not followed.
  [[nodiscard]] Result<bool> write(std::string_view path, std::string_view content,
                                   const FileAttributes& attributes = {}) const;
  /// Makes the directory, which gets `attributes` if it is new, and its missing parents (0755).
  /// Returns whether it was made.
  [[nodiscard]] Result<bool> make_directory(std::string_view path,
                                            const FileAttributes& attributes = {
                                                .mode = 0755}) const;
  /// Removes a file or symbolic link. Returns whether it existed.
  [[nodiscard]] Result<bool> remove(std::string_view path) const;
  /// Syncs the root's file system, so that everything written survives a power failure. One such
  /// barrier is faster than a sync of every directory. Errors: kIo.
  [[nodiscard]] Result<void> sync() const;
  /// Removes an empty directory. Errors: kIo if it does not exist or is not empty.
  [[nodiscard]] Result<void> remove_directory(std::string_view path) const;
  /// Sets the SELinux label of a path and of everything below it. Labels links and does not follow
  /// them. Does nothing if the tree has no policy.
  [[nodiscard]] Result<void> relabel(std::string_view path) const;

 private:
  /// The directory of a path's last component, and that component.
  struct Parent {
    UniqueFd directory;  ///< O_PATH
    std::string path;    ///< of the directory, as given
    std::string name;    ///< not empty, not "." and not ".."
  };

  Root(UniqueFd fd, std::string directory, bool live, std::uint64_t resolve);
  /// Calls openat2(2) in this root, whatever is at the path. Returns an empty descriptor and sets
  /// errno if that fails.
  [[nodiscard]] UniqueFd open_anything(std::string_view path, int flags, mode_t mode) const;
  /// Looks at what is at the path, and opens it only if `is_allowed` returns true for its type.
  [[nodiscard]] Result<UniqueFd> open_after_look(std::string_view path, int flags, mode_t mode,
                                                 bool (*is_allowed)(mode_t)) const;
  /// Opens what `looked`, an O_PATH descriptor, refers to.
  [[nodiscard]] Result<UniqueFd> open_looked_at(const UniqueFd& looked, std::string_view path,
                                                int flags, bool (*is_allowed)(mode_t)) const;
  /// Explains the failure of open_anything().
  [[nodiscard]] std::unexpected<Error> fail_opening(int error, std::string_view path) const;
  [[nodiscard]] Result<Parent> open_parent(std::string_view path) const;
  /// Makes one directory. Returns false if another process made it first.
  [[nodiscard]] Result<bool> make_one_directory(const Parent& parent, std::string_view path,
                                                const FileAttributes& attributes) const;
  /// Labels a new file before it gets its name. Does nothing if the tree has no policy.
  [[nodiscard]] Result<void> label_new(int fd, const Parent& parent, mode_t mode) const;
  /// Returns a path in the labelled tree, without a slash at the end.
  [[nodiscard]] std::string labelled_path(const Parent& parent) const;
  [[nodiscard]] std::string labelled_path(int directory, std::string_view given) const;
  /// Returns the path for messages, as seen by the machine that runs the program.
  [[nodiscard]] std::string display_path(std::string_view path) const;

  UniqueFd fd_;
  std::string directory_;
  std::string label_prefix_;  ///< path of this root in the labelled tree: "" or a home
  bool live_;
  std::uint64_t resolve_;
  std::shared_ptr<LazyLabels> labels_;
  std::shared_ptr<RootObserver*> observer_ = std::make_shared<RootObserver*>(nullptr);
};

/// Opens an entry of an open directory; `name` has no slash. Follows no symbolic link and enters no
/// mount, a bind mount included. `flags` as for open(2); O_CLOEXEC is added. Give O_PATH|O_NOFOLLOW
/// to open a link itself. Errors: kIo with errno: ELOOP for a link, EXDEV for a mount point.
[[nodiscard]] Result<UniqueFd> open_entry(int directory, const std::string& name, int flags);

/// During its lifetime, this thread opens and makes files as another user (fsuid, fsgid), so that a
/// user's permissions apply to what is written below a home.
class FileSystemIdentity {
 public:
  FileSystemIdentity(uid_t uid, gid_t gid);
  ~FileSystemIdentity();
  FileSystemIdentity(const FileSystemIdentity&) = delete;
  FileSystemIdentity& operator=(const FileSystemIdentity&) = delete;

 private:
  uid_t old_uid_;
  gid_t old_gid_;
};

}  // namespace azl
