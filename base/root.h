// The tree that is provisioned: / or --root DIR. Every path of the program goes through it.
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

/// How the name of a file or directory ends that is being made, and is not yet what it shall be.
inline constexpr std::string_view kUnfinished = ".azl-new";

/// What a written file shall be. Owner and group default to those of the process (fsuid).
struct FileAttributes {
  mode_t mode = 0644;
  std::optional<uid_t> owner = {};
  std::optional<gid_t> group = {};
  bool durable = true;  ///< false: not synced, for what need not outlive a power failure
};

/// What is known of a path.
struct FileInfo {
  mode_t mode;  ///< type and permissions, as in struct stat
  uid_t uid;
  gid_t gid;
  std::uint64_t size;       ///< bytes
  std::int64_t modified_s;  ///< CLOCK_REALTIME seconds
  [[nodiscard]] bool is_directory() const;
  [[nodiscard]] bool is_regular() const;
};

class LazyLabels;  // root.cpp: the policy is loaded when the first label is needed

/// A directory below which all paths are resolved by openat2: absolute links and ".." stay inside
/// (RESOLVE_IN_ROOT), magic links are refused. Paths are written as in the running system:
/// "/etc/hostname".
class Root {
 public:
  /// Opens `directory`; "/" is the live system. Errors: kIo with errno.
  [[nodiscard]] static Result<Root> open(const std::string& directory);
  /// A user's home as a root of its own, in which no symbolic link is followed at all and nothing
  /// above it can be reached (RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS). `path` is resolved in this
  /// root.
  [[nodiscard]] Result<Root> open_home(std::string_view path) const;

  Root(Root&&) noexcept;
  Root& operator=(Root&&) noexcept;
  ~Root();

  /// True for "/": only then may the running system be changed (sethostname, D-Bus, mounts).
  [[nodiscard]] bool live() const { return live_; }
  /// The directory as it was given, for --root options of tools and for messages.
  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// Opens with openat2; `flags` as for open(2), O_CLOEXEC is added. Where openat2 is forbidden,
  /// files of the live system that are there already can still be opened.
  [[nodiscard]] Result<UniqueFd> open_file(std::string_view path, int flags, mode_t mode = 0) const;
  /// Follows links (inside the root); empty when nothing is there.
  [[nodiscard]] Result<std::optional<FileInfo>> stat(std::string_view path) const;
  /// False also where it can't be looked at.
  [[nodiscard]] bool exists(std::string_view path) const;
  /// The whole file; kInvalidInput when it is longer than `limit` bytes or no regular file.
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t limit = 1 << 20) const;
  /// Like read, but empty when nothing is there.
  [[nodiscard]] Result<std::optional<std::string>> read_if_exists(std::string_view path,
                                                                  std::size_t limit = 1
                                                                                      << 20) const;
  /// Names in a directory, sorted, without "." and ".."; empty when there is no such directory.
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path) const;
  /// Target of a symbolic link; empty when it is none.
  [[nodiscard]] std::optional<std::string> link_target(std::string_view path) const;

  /// Writes atomically: temporary file (".NAME.azl-new") with mode, owner and label, fsync, rename.
  /// After a power cut it is the old or the new file, whole; sync() makes sure of the new one.
  /// Returns whether anything changed; a file that has this content and these attributes already is
  /// left alone. A symbolic link at `path` is replaced, not followed.
  [[nodiscard]] Result<bool> write(std::string_view path, std::string_view content,
                                   const FileAttributes& attributes = {}) const;
  /// Makes the directory and its missing parents (0755); the last one gets these attributes if it
  /// is new. Returns whether it was made.
  [[nodiscard]] Result<bool> make_directory(std::string_view path,
                                            const FileAttributes& attributes = {
                                                .mode = 0755}) const;
  /// Removes a file or symbolic link; no error when nothing is there. Returns whether it was there.
  [[nodiscard]] Result<bool> remove(std::string_view path) const;
  /// Makes all that was written to the root's file system outlive a power cut: one barrier in place
  /// of a sync of every directory, each of which would be a write to the disk to wait for. Errors:
  /// kIo.
  [[nodiscard]] Result<void> sync() const;
  /// Removes an empty directory. Errors: kIo when it is not there or not empty.
  [[nodiscard]] Result<void> remove_directory(std::string_view path) const;
  /// Sets the SELinux label of a path and, if it is a directory, of all below it; links are
  /// labelled, not followed. Does nothing where there is no policy.
  [[nodiscard]] Result<void> relabel(std::string_view path) const;

 private:
  /// The directory that holds the last component of a path, and that component.
  struct Parent {
    UniqueFd directory;  ///< O_PATH
    std::string path;    ///< of the directory, as it was given
    std::string name;    ///< neither empty, "." nor ".."
  };

  Root(UniqueFd fd, std::string directory, bool live, std::uint64_t resolve);
  [[nodiscard]] Result<Parent> open_parent(std::string_view path) const;
  /// Makes one directory; false when it was there first.
  [[nodiscard]] Result<bool> make_one_directory(const Parent& parent, std::string_view path,
                                                const FileAttributes& attributes) const;
  /// Labels what is about to get its name; nothing where there is no policy.
  [[nodiscard]] Result<void> label_new(int fd, const Parent& parent, mode_t mode) const;
  /// Where something lies in the labelled tree, without a slash at the end.
  [[nodiscard]] std::string labelled_path(const Parent& parent) const;
  [[nodiscard]] std::string labelled_path(int directory, std::string_view given) const;
  /// The path for messages: as the machine that runs the program sees it.
  [[nodiscard]] std::string shown(std::string_view path) const;

  UniqueFd fd_;
  std::string directory_;
  std::string label_prefix_;  ///< path of this root inside the labelled tree: "" or a home
  bool live_;
  std::uint64_t resolve_;
  std::shared_ptr<LazyLabels> labels_;
};

/// While it lives, this thread makes and opens files as another user (fsuid, fsgid); so a user's
/// own permissions guard what is written below a home.
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
