#include "disk/mount_point.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::disk {

namespace {

/// Whether an open directory is a mount point. Linux 5.8 and later say so, also for bind mounts;
/// older kernels are asked for the device numbers of the directory and its parent.
Result<bool> is_mounted(const Root& root, int fd, const std::string& parent) {
  struct statx status{};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0) {
    return fail_errno(errno, "checking for a mount");
  }
  if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  }
  const auto above = OR_RETURN(root.open_file(parent, O_PATH | O_DIRECTORY));
  struct statx other{};
  if (statx(above.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &other) != 0) {
    return fail_errno(errno, "checking for a mount");
  }
  return status.stx_dev_major != other.stx_dev_major || status.stx_dev_minor != other.stx_dev_minor;
}

Result<PointState> read_directory_state(const Root& root, const std::string& path,
                                        const std::string& parent) {
  const auto fd = OR_RETURN(root.open_file(path, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  const bool mounted = OR_RETURN(is_mounted(root, fd.get(), parent));
  if (mounted) return PointState::kMounted;
  const auto names = OR_RETURN(root.list(path));
  return names.empty() ? PointState::kFree : PointState::kNotEmpty;
}

}  // namespace

Result<PointState> read_point_state(const Root& root, std::string_view path) {
  if (!path.starts_with('/')) {
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' is not an absolute path");
  }
  const auto components = split(path, '/');
  const bool relative =
      std::any_of(components.begin(), components.end(),
                  [](std::string_view each) { return each == "." || each == ".."; });
  if (relative) {
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' contains '.' or '..'");
  }
  std::string parent;
  std::string current;
  for (const std::string_view component : components) {
    parent = current;
    current += "/" + std::string(component);
    if (root.link_target(current)) return PointState::kLink;
    const auto info = OR_RETURN(root.stat(current));
    if (!info) return PointState::kFree;
    if (!info->is_directory()) return PointState::kNoDirectory;
  }
  if (current.empty()) return PointState::kMounted;  // "/"
  return read_directory_state(root, current, parent.empty() ? "/" : parent);
}

Result<void> make_mount_point(const Root& root, std::string_view path) {
  const auto state = OR_RETURN(read_point_state(root, path));
  if (state != PointState::kFree) {
    return fail(Reason::kInvalidInput,
                printable(path) + " " + std::string(describe_point_state(state)));
  }
  OR_RETURN(root.make_directory(path, {.mode = 0755}));
  return {};
}

std::string_view describe_point_state(PointState state) {
  switch (state) {
    case PointState::kFree:
      return "is free";
    case PointState::kMounted:
      return "is already a mount point";
    case PointState::kNotEmpty:
      return "is a directory with files in it";
    case PointState::kNoDirectory:
      return "is not a directory, or is below a file";
    case PointState::kLink:
      return "is a symbolic link, or is below one";
    case PointState::kClaimed:
      return "has a line of its own in /etc/fstab";
  }
  return "is not known";
}

std::string_view warning_text() {
  return R"(WARNING: THIS IS A TEMPORARY DISK. ITS DATA CAN BE LOST AT ANY TIME.

This disk belongs to the physical host that your virtual machine currently runs
on. All data on it is lost, and cannot be recovered, when the virtual machine

  - is stopped (deallocated) and started again,
  - is resized,
  - is redeployed, or moved to another host because of a failure or maintenance.

Store only data here that can be made again: caches, scratch files, swap. Store
everything else on the OS disk, on a data disk, or in a storage account.

https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview
)";
}

}  // namespace azl::disk
