#include "disk/file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::disk {

namespace {

struct Kind {
  std::string_view type;
  std::size_t max_label;  ///< bytes
};
// mke2fs(8), mkfs.xfs(8), mkfs.btrfs(8).
constexpr std::array<Kind, 3> kKinds = {{{.type = "ext4", .max_label = 16},
                                         {.type = "xfs", .max_label = 12},
                                         {.type = "btrfs", .max_label = 255}}};

/// No command has a force option, so each refuses a device in use. mkfs.xfs and mkfs.btrfs would
/// also refuse old signatures, and mkfs.ext4 would ask about them at a terminal; clear has removed
/// them. No command discards: that takes minutes on some disks, and Azure's new disks are empty.
std::vector<std::string> make_command(const FileSystemSpec& spec) {
  std::vector<std::string> argv = {"mkfs." + spec.type};
  if (spec.type == "ext4") {
    argv.insert(argv.end(), {"-q", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1"});
  } else {
    argv.insert(argv.end(), {"-q", "-K"});
  }
  if (!spec.label.empty()) argv.insert(argv.end(), {"-L", spec.label});
  argv.push_back(spec.path);
  return argv;
}

/// Removes old signatures. Fails if the device is in use, because it is opened with O_EXCL.
Result<void> clear(const std::string& path) {
  constexpr std::uint64_t kHead = 1U << 20U;
  const UniqueFd fd(open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  if (!fd && errno == EBUSY) return fail_errno(EBUSY, path + " is in use and stays as it is");
  if (!fd) return fail_errno(errno, "opening " + path);
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return fail_errno(errno, "measuring " + path);
  OR_RETURN(wipe_signatures(fd.get(), 0, 0));
  OR_RETURN(write_zeros(fd.get(), 0, std::min(kHead, static_cast<std::uint64_t>(size))));
  if (fsync(fd.get()) != 0) return fail_errno(errno, "syncing " + path);
  return {};
}

Result<void> sync_device(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "opening " + path);
  if (fsync(fd.get()) != 0) return fail_errno(errno, "syncing " + path);
  return {};
}

Result<std::uint64_t> size_of(const std::string& mount_point) {
  struct statvfs status{};
  if (statvfs(mount_point.c_str(), &status) != 0) {
    return fail_errno(errno, "measuring the file system at " + mount_point);
  }
  return static_cast<std::uint64_t>(status.f_blocks) * status.f_frsize;
}

/// The command for this type; empty if it cannot be grown.
std::vector<std::string> grow_command(const std::string& mount_point, std::string_view type,
                                      const std::string& device) {
  if (type == "ext4" || type == "ext3" || type == "ext2") return {"resize2fs", device};
  if (type == "xfs") return {"xfs_growfs", mount_point};
  if (type == "btrfs") return {"btrfs", "filesystem", "resize", "max", mount_point};
  return {};
}

/// Runs the first command whose program is installed.
Result<void> run_first(Processes& processes, std::span<const std::vector<std::string>> commands,
                       const Deadline& deadline) {
  std::optional<Error> missing;
  for (const std::vector<std::string>& argv : commands) {
    auto done = processes.run({.argv = argv}, deadline);
    if (done) return {};
    if (done.error().reason() != Reason::kToolMissing) return fail(std::move(done.error()));
    missing = std::move(done.error());
  }
  return fail(std::move(*missing));
}

}  // namespace

Result<void> check_label(std::string_view type, std::string_view label) {
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                 [type](const Kind& each) { return each.type == type; });
  if (kind == kKinds.end()) {
    return fail(Reason::kInvalidInput,
                "'" + printable(type) + "' is not supported; use ext4, xfs or btrfs");
  }
  if (label.size() > kind->max_label) {
    return fail(Reason::kInvalidInput, "the label '" + printable(label) + "' has " +
                                           std::to_string(label.size()) + " bytes, and " +
                                           std::string(type) + " takes at most " +
                                           std::to_string(kind->max_label));
  }
  const bool control = std::any_of(label.begin(), label.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
  if (control) {
    return fail(Reason::kInvalidInput,
                "the label '" + printable(label) + "' has control characters");
  }
  return {};
}

Result<Signature> make_file_system(Processes& processes, const FileSystemSpec& spec,
                                   const Deadline& deadline) {
  const std::string context = "making " + printable(spec.type) + " on " + spec.path;
  OR_RETURN(check_label(spec.type, spec.label), context);
  OR_RETURN(clear(spec.path), context);
  OR_RETURN(processes.run({.argv = make_command(spec)}, deadline), context);
  OR_RETURN(sync_device(spec.path), context);
  auto found = OR_RETURN(read_signature(spec.path), context);
  if (found.type != spec.type) {
    return fail(Error(Reason::kToolFailed,
                      "mkfs." + spec.type + " succeeded, but libblkid finds '" + found.type + "'"),
                context);
  }
  return found;
}

Result<FileSystemGrown> grow_file_system(Processes& processes, const std::string& mount_point,
                                         std::string_view type, const std::string& device,
                                         const Deadline& deadline) {
  const std::string context = "growing the " + printable(type) + " file system at " + mount_point;
  std::vector<std::string> own = grow_command(mount_point, type, device);
  if (own.empty()) {
    return fail(Error(Reason::kInvalidInput, "only ext4, xfs and btrfs can be grown"), context);
  }
  const auto before = OR_RETURN(size_of(mount_point), context);
  const std::array<std::vector<std::string>, 3> commands = {
      {{"/usr/lib/systemd/systemd-growfs", mount_point},
       {"/lib/systemd/systemd-growfs", mount_point},
       std::move(own)}};
  OR_RETURN(run_first(processes, commands, deadline), context);
  const auto after = OR_RETURN(size_of(mount_point), context);
  return FileSystemGrown{.old_size = before, .new_size = after};
}

}  // namespace azl::disk
