#include "disk/file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
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
  std::size_t longest_label;  ///< bytes
};
// mke2fs(8), mkfs.xfs(8), mkfs.btrfs(8).
constexpr std::array<Kind, 3> kKinds = {{{.type = "ext4", .longest_label = 16},
                                         {.type = "xfs", .longest_label = 12},
                                         {.type = "btrfs", .longest_label = 255}}};

/// Without a force: mkfs.xfs and mkfs.btrfs then refuse old signatures, which are gone, and all
/// refuse a device in use. mkfs.ext4 would ask about old ones, but only at a terminal. None
/// discards: that takes minutes on some disks, and Azure's new ones are empty.
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

/// Removes what was there. Opening exclusively is what refuses a device in use.
Result<void> clear(const std::string& path) {
  constexpr std::uint64_t kHead = 1U << 20U;
  const UniqueFd fd(open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  if (!fd && errno == EBUSY) {
    return fail_errno(EBUSY, path + " is in use and is left as it is");
  }
  if (!fd) return fail_errno(errno, "opening " + path);
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return fail_errno(errno, "measuring " + path);
  if (auto done = wipe_signatures(fd.get(), 0, 0); !done) return done;
  const auto head = std::min(kHead, static_cast<std::uint64_t>(size));
  if (auto done = write_zeros(fd.get(), 0, head); !done) return done;
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

/// The type's own program; empty where there is none.
std::vector<std::string> grow_command(const std::string& mount_point, std::string_view type,
                                      const std::string& device) {
  if (type == "ext4" || type == "ext3" || type == "ext2") return {"resize2fs", device};
  if (type == "xfs") return {"xfs_growfs", mount_point};
  if (type == "btrfs") return {"btrfs", "filesystem", "resize", "max", mount_point};
  return {};
}

/// The first of these programs that is there.
Result<void> run_first(Processes& processes, std::span<const std::vector<std::string>> commands,
                       const Deadline& deadline) {
  std::optional<Error> missing;
  for (const std::vector<std::string>& argv : commands) {
    auto done = processes.run({.argv = argv}, deadline);
    if (done) return {};
    if (done.error().reason() != Reason::kToolMissing) return fail(std::move(done.error()));
    missing = std::move(done.error());
  }
  return std::unexpected(std::move(*missing));
}

}  // namespace

Result<void> check_label(std::string_view type, std::string_view label) {
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                 [type](const Kind& each) { return each.type == type; });
  if (kind == kKinds.end()) {
    return fail(
        Reason::kInvalidInput,
        "'" + printable(type) + "' is no file system that is made here: ext4, xfs or btrfs");
  }
  if (label.size() > kind->longest_label) {
    return fail(Reason::kInvalidInput, "the label '" + printable(label) + "' has " +
                                           std::to_string(label.size()) + " bytes, and " +
                                           std::string(type) + " takes at most " +
                                           std::to_string(kind->longest_label));
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
  if (auto done = check_label(spec.type, spec.label); !done) {
    return fail(std::move(done.error()), context);
  }
  if (auto done = clear(spec.path); !done) return fail(std::move(done.error()), context);
  auto made = processes.run({.argv = make_command(spec)}, deadline);
  if (!made) return fail(std::move(made.error()), context);
  if (auto done = sync_device(spec.path); !done) return fail(std::move(done.error()), context);
  auto found = read_signature(spec.path);
  if (!found) return fail(std::move(found.error()), context);
  if (found->type != spec.type) {
    return fail(Error(Reason::kToolFailed, "mkfs." + spec.type + " ended well, but '" +
                                               found->type + "' is found there"),
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
  auto before = size_of(mount_point);
  if (!before) return fail(std::move(before.error()), context);
  const std::array<std::vector<std::string>, 3> commands = {
      {{"/usr/lib/systemd/systemd-growfs", mount_point},
       {"/lib/systemd/systemd-growfs", mount_point},
       std::move(own)}};
  auto done = run_first(processes, commands, deadline);
  if (!done) return fail(std::move(done.error()), context);
  auto after = size_of(mount_point);
  if (!after) return fail(std::move(after.error()), context);
  return FileSystemGrown{.old_size = *before, .new_size = *after};
}

}  // namespace azl::disk
