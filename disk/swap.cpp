#include "disk/swap.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "disk/block_device.h"

namespace azl::disk {

namespace {

constexpr std::uint64_t kPage = 4096;

std::string size_text(std::uint64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

std::unexpected<Error> no_room(std::uint64_t bytes, std::uint64_t available) {
  return fail(Reason::kDiskFull, size_text(bytes) + " were asked for, and of the " +
                                     size_text(available) +
                                     " that are free at most 80 % may be taken");
}

Result<std::uint64_t> free_space(int fd) {
  struct statvfs status{};
  if (fstatvfs(fd, &status) != 0) return fail_errno(errno, "measuring the free space");
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

/// btrfs refuses a swap file that copies on write; what is to have the attribute has no data yet.
/// It also keeps compression and checksums off it (btrfs(5), "Swapfile support").
Result<void> never_copy(int fd) {
  int flags = 0;
  if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return fail_errno(errno, "reading its attributes");
  flags |= FS_NOCOW_FL;
  if (ioctl(fd, FS_IOC_SETFLAGS, &flags) != 0) {
    return fail_errno(errno, "setting the attribute NOCOW");
  }
  return {};
}

/// Blocks for the whole file: the kernel swaps to them directly, so there must be no hole. That
/// nothing is written to them yet does not matter: xfs takes them since Linux 4.18 (swapon(8)).
Result<void> allocate(int fd, std::uint64_t bytes) {
  auto available = free_space(fd);
  if (!available) return fail(std::move(available.error()));
  if (bytes / 8 * 10 > *available) return no_room(bytes, *available);
  int result = 0;
  do {
    result = fallocate(fd, 0, 0, static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno == ENOSPC) return no_room(bytes, *available);
  if (result != 0) return fail_errno(errno, "allocating " + size_text(bytes));
  return {};
}

/// A path by which a program of ours reaches a file of ours that has no name.
std::string path_of(int fd) {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd);
}

Result<Signature> run_mkswap(Processes& processes, const std::string& path,
                             const Deadline& deadline) {
  auto done = processes.run({.argv = {"mkswap", path}}, deadline);
  if (!done) return fail(std::move(done.error()));
  auto found = read_signature(path);
  if (!found) return found;
  if (found->type != "swap") {
    return fail(Reason::kToolFailed, "mkswap ended well, but '" + found->type + "' is found there");
  }
  return found;
}

/// A file without a name, ready for swap.
Result<Signature> prepare(Processes& processes, int fd, std::uint64_t bytes, bool btrfs,
                          const Deadline& deadline) {
  if (btrfs) {
    if (auto done = never_copy(fd); !done) return fail(std::move(done.error()));
  }
  if (auto done = allocate(fd, bytes); !done) return fail(std::move(done.error()));
  auto made = run_mkswap(processes, path_of(fd), deadline);
  if (!made) return made;
  if (fsync(fd) != 0) return fail_errno(errno, "syncing it");
  return made;
}

/// Gives a file its name, which nothing may have. Errors: kIo.
Result<void> give_name(const Root& root, int fd, const std::string& directory,
                       const std::string& name) {
  auto parent = root.open_file(directory, O_RDONLY | O_DIRECTORY);
  if (!parent) return fail(std::move(parent.error()));
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  if (linkat(AT_FDCWD, link.c_str(), parent->get(), name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return fail_errno(errno, "giving it its name");
  }
  if (fsync(parent->get()) != 0) return fail_errno(errno, "syncing " + directory);
  return {};
}

}  // namespace

Result<Signature> make_swap_file(Processes& processes, const Root& root, const std::string& path,
                                 std::uint64_t bytes, std::string_view file_system,
                                 const Deadline& deadline) {
  constexpr std::uint64_t kLeast = 1U << 20U;
  const std::string context = "making the swap file " + path;
  const bool known = file_system == "ext4" || file_system == "xfs" || file_system == "btrfs";
  if (!known || bytes < kLeast) {
    return fail(Error(Reason::kInvalidInput,
                      known ? "a swap file has at least 1 MiB"
                            : "on " + printable(file_system) + " there can be no swap file"),
                context);
  }
  const auto slash = path.rfind('/');
  const std::string directory =
      slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
  // A name that is taken is told before gigabytes are allocated for nothing.
  if (root.exists(path) || root.link_target(path)) {
    return fail(Error(Reason::kIo, "there is something of that name already"), context);
  }
  auto fd = root.open_file(directory, O_TMPFILE | O_RDWR, 0600);
  if (!fd) return fail(std::move(fd.error()), context);
  auto made = prepare(processes, fd->get(), (bytes + kPage - 1) / kPage * kPage,
                      file_system == "btrfs", deadline);
  if (!made) return fail(std::move(made.error()), context);
  auto named = give_name(root, fd->get(), directory, path.substr(slash + 1));
  if (!named) return fail(std::move(named.error()), context);
  return made;  // mkswap has given it its SELinux label, which no path's is
}

Result<Signature> make_swap(Processes& processes, const std::string& device,
                            const Deadline& deadline) {
  const std::string context = "making swap of " + device;
  {
    // The kernel refuses what is in use. mkswap removes old signatures itself.
    const UniqueFd fd(open(device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
    if (!fd) return fail_errno(errno, context);
  }
  auto made = run_mkswap(processes, device, deadline);
  if (!made) return fail(std::move(made.error()), context);
  const UniqueFd fd(open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return fail_errno(errno, context);
  return made;
}

Result<void> swap_on(Processes& processes, const std::string& path, const Deadline& deadline) {
  auto done = processes.run({.argv = {"swapon", path}}, deadline);
  if (!done) return fail(std::move(done.error()), "swapping to " + path);
  return {};
}

}  // namespace azl::disk
