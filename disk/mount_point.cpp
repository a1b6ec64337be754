#include "disk/mount_point.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::disk {

namespace {

/// Whether an open directory is where something is mounted: by the kernel's word, since Linux 5.8,
/// also of a bind mount. st_dev of the parent tells of others.
Result<bool> is_mounted(const Root& root, int fd, const std::string& parent) {
  struct statx status{};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0) {
    return fail_errno(errno, "looking for a mount");
  }
  if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  }
  const auto above = root.open_file(parent, O_PATH | O_DIRECTORY);
  if (!above) return fail(Error(above.error()));
  struct statx other{};
  if (statx(above->get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &other) != 0) {
    return fail_errno(errno, "looking for a mount");
  }
  return status.stx_dev_major != other.stx_dev_major || status.stx_dev_minor != other.stx_dev_minor;
}

Result<PointState> look_at_directory(const Root& root, const std::string& path,
                                     const std::string& parent) {
  const auto fd = root.open_file(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return fail(Error(fd.error()));
  auto mounted = is_mounted(root, fd->get(), parent);
  if (!mounted) return fail(std::move(mounted.error()));
  if (*mounted) return PointState::kMounted;
  const auto names = root.list(path);
  if (!names) return fail(Error(names.error()));
  return names->empty() ? PointState::kFree : PointState::kNotEmpty;
}

}  // namespace

Result<PointState> read_point_state(const Root& root, std::string_view path) {
  if (!path.starts_with('/')) {
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' is no absolute path");
  }
  const auto components = split(path, '/');
  const bool relative =
      std::any_of(components.begin(), components.end(),
                  [](std::string_view each) { return each == "." || each == ".."; });
  if (relative) {
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' has a '.' or '..'");
  }
  std::string parent;
  std::string current;
  for (const std::string_view component : components) {
    parent = current;
    current += "/" + std::string(component);
    if (root.link_target(current)) return PointState::kLink;
    const auto info = root.stat(current);
    if (!info) return fail(Error(info.error()));
    if (!*info) return PointState::kFree;
    if (!(*info)->is_directory()) return PointState::kNoDirectory;
  }
  if (current.empty()) return PointState::kMounted;  // "/"
  return look_at_directory(root, current, parent.empty() ? "/" : parent);
}

Result<void> make_mount_point(const Root& root, std::string_view path) {
  auto state = read_point_state(root, path);
  if (!state) return fail(std::move(state.error()));
  if (*state != PointState::kFree) {
    return fail(Reason::kInvalidInput,
                printable(path) + " " + std::string(describe_point_state(*state)));
  }
  auto made = root.make_directory(path, {.mode = 0755});
  if (!made) return fail(std::move(made.error()));
  return {};
}

std::string_view describe_point_state(PointState state) {
  switch (state) {
    case PointState::kFree:
      return "is free";
    case PointState::kMounted:
      return "has something mounted already";
    case PointState::kNotEmpty:
      return "is a directory with files in it";
    case PointState::kNoDirectory:
      return "is not a directory, or lies below what is none";
    case PointState::kLink:
      return "is a symbolic link, or lies below one";
    case PointState::kClaimed:
      return "has a line of its own in /etc/fstab";
  }
  return "is not known";
}

std::string_view warning_text() {
  return R"(WARNING: THIS IS A TEMPORARY DISK. WHAT IS ON IT CAN BE LOST AT ANY TIME.

This disk belongs to the physical machine that your virtual machine happens to
run on. All data on it is gone, and can't be brought back, when the virtual
machine

  - is stopped (deallocated) and started again,
  - is resized,
  - is redeployed, or moved to another machine because of a failure or
    maintenance.

Keep here only what can be made again: caches, scratch files, swap. Keep
everything else on the OS disk, on a data disk, or in a storage account.

https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview
)";
}

}  // namespace azl::disk
