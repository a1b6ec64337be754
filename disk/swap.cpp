#include "disk/swap.h"

#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "disk/block_device.h"

namespace azl::disk {

namespace {

std::string describe_size(std::uint64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

std::unexpected<Error> fail_no_space(std::uint64_t bytes, std::uint64_t available) {
  return fail(Cause::kSwapTooLarge, describe_size(bytes) + " are needed; " +
                                        describe_size(available) +
                                        " are free, of which at most 80 % may be used");
}

Result<std::uint64_t> free_space(int fd) {
  struct statvfs status{};
  if (fstatvfs(fd, &status) != 0) return fail_errno(errno, "measuring the free space");
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

/// Turns copy-on-write off, which btrfs requires for a swap file. That also turns off compression
/// and checksums (btrfs(5), "Swapfile support"). The file must be empty.
Result<void> disable_copy_on_write(int fd) {
  int flags = 0;
  if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return fail_errno(errno, "reading its attributes");
  flags |= FS_NOCOW_FL;
  if (ioctl(fd, FS_IOC_SETFLAGS, &flags) != 0) {
    return fail_errno(errno, "setting the attribute NOCOW");
  }
  return {};
}

/// Allocates blocks for the whole file, as swap must not have holes. Blocks that were not written
/// yet are fine: xfs accepts them since Linux 4.18 (swapon(8)).
Result<void> allocate(int fd, std::uint64_t bytes) {
  const auto available = OR_RETURN(free_space(fd));
  if (bytes / 8 * 10 > available) return fail_no_space(bytes, available);
  int result = 0;
  do {
    result = fallocate(fd, 0, 0, static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno == ENOSPC) return fail_no_space(bytes, available);
  if (result != 0) return fail_errno(errno, "allocating " + describe_size(bytes));
  return {};
}

/// A path to an open file: for this process, and for a program that inherits the descriptor.
/// Another process must not be named instead of "self": the agent is not dumpable, so a program
/// without CAP_SYS_PTRACE may not look into it.
std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

/// `inherited` is the descriptor that `path` names, if it names one.
Result<Signature> run_mkswap(Processes& processes, const std::string& path,
                             const std::vector<int>& inherited, const Deadline& deadline) {
  OR_RETURN(processes.run({.argv = {"mkswap", path}, .inherited = inherited}, deadline));
  auto found = OR_RETURN(read_signature(path));
  if (found.type != "swap") {
    return fail(Reason::kToolFailed, "mkswap succeeded, but libblkid finds '" + found.type + "'");
  }
  return found;
}

/// Makes swap in an open, empty file and syncs it.
Result<Signature> prepare(Processes& processes, int fd, std::uint64_t bytes, bool btrfs,
                          const Deadline& deadline) {
  if (btrfs) OR_RETURN(disable_copy_on_write(fd));
  OR_RETURN(allocate(fd, bytes));
  auto made = OR_RETURN(run_mkswap(processes, path_of(fd), {fd}, deadline));
  if (fsync(fd) != 0) return fail_errno(errno, "syncing it");
  return made;
}

/// Links an open file to a name that does not exist yet.
Result<void> give_name(const Root& root, int fd, const std::string& directory,
                       const std::string& name) {
  const auto parent = OR_RETURN(root.open_file(directory, O_RDONLY | O_DIRECTORY));
  if (linkat(AT_FDCWD, path_of(fd).c_str(), parent.get(), name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return fail_errno(errno, "linking it");
  }
  if (fsync(parent.get()) != 0) return fail_errno(errno, "syncing " + directory);
  return {};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

Result<struct statx> read_status(int fd) {
  struct statx status{};
  if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) != 0)
    return fail_errno(errno, "looking at it");
  return status;
}

bool are_on_one_device(const struct statx& a, const struct statx& b) {
  return a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
}

/// Whether only root can replace files in the directory.
bool is_safe(const struct statx& directory) {
  constexpr unsigned kOthersWrite = 0022;
  return directory.stx_uid == 0 && ((directory.stx_mode & kOthersWrite) == 0 ||
                                    (directory.stx_mode & static_cast<unsigned>(S_ISVTX)) != 0);
}

}  // namespace

Result<std::optional<FoundSwapFile>> find_swap_file(const Root& root, const std::string& path) {
  const std::string context = "looking at the swap file " + path;
  const auto fd = root.open_file(path, O_PATH | O_NOFOLLOW);
  if (!fd && fd.error().errno_value() == ENOENT) return std::nullopt;
  if (!fd) return fail(Error(fd.error()), context);
  const auto status = OR_RETURN(read_status(fd->get()), context);
  const auto parent = OR_RETURN(root.open_file(directory_of(path), O_PATH | O_DIRECTORY), context);
  const auto directory = OR_RETURN(read_status(parent.get()), context);
  constexpr unsigned kPermissions = 07777;
  FoundSwapFile found{
      .plain = S_ISREG(status.stx_mode) && (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0,
      .on_file_system = are_on_one_device(status, directory),
      .directory_is_safe = is_safe(directory),
      .owner = status.stx_uid,
      .mode = status.stx_mode & kPermissions,
      .links = status.stx_nlink,
      .size = status.stx_size};
  if (!found.plain) return found;
  // The open file itself, whatever has its name by now.
  if (const auto signature = read_signature(path_of(fd->get()))) {
    found.type = signature->type;
    found.uuid = signature->uuid;
  }
  return found;
}

Result<Signature> make_swap_file(Processes& processes, const Root& root, const std::string& path,
                                 std::uint64_t bytes, std::string_view file_system,
                                 const Deadline& deadline) {
  constexpr std::uint64_t kMinSize = 1U << 20U;
  const std::string context = "making the swap file " + path;
  const bool known = file_system == "ext4" || file_system == "xfs" || file_system == "btrfs";
  if (!known || bytes < kMinSize) {
    return fail(Error(Reason::kInvalidInput,
                      known ? "a swap file needs at least 1 MiB"
                            : "swap files on " + printable(file_system) + " are not supported"),
                context);
  }
  const std::string directory = directory_of(path);
  // Checked before gigabytes are allocated.
  if (root.exists(path) || root.link_target(path)) {
    return fail(Error(Reason::kIo, "it exists already"), context);
  }
  const auto fd = OR_RETURN(root.open_file(directory, O_TMPFILE | O_RDWR, 0600), context);
  auto made = OR_RETURN(
      prepare(processes, fd.get(), swap_file_size(bytes), file_system == "btrfs", deadline),
      context);
  OR_RETURN(give_name(root, fd.get(), directory, path.substr(path.rfind('/') + 1)), context);
  return made;  // its SELinux label comes from mkswap, not from its path
}

Result<Signature> make_swap(Processes& processes, const std::string& device,
                            const Deadline& deadline) {
  const std::string context = "making swap on " + device;
  {
    // O_EXCL fails if the device is in use. mkswap removes old signatures itself.
    const UniqueFd fd(open(device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
    if (!fd) return fail_errno(errno, context);
  }
  auto made = OR_RETURN(run_mkswap(processes, device, {}, deadline), context);
  const UniqueFd fd(open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return fail_errno(errno, context);
  return made;
}

Result<void> swap_on(Processes& processes, const std::string& path, const Deadline& deadline) {
  OR_RETURN(processes.run({.argv = {"swapon", path}}, deadline), "activating swap on " + path);
  return {};
}

}  // namespace azl::disk
