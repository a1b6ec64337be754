#include "disk/provisioning_media.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include <blkid/blkid.h>
#include <fcntl.h>
#include <linux/cdrom.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "disk/mounted.h"
#include "disk/sysfs.h"

namespace azl::disk {

namespace {

constexpr std::string_view kOvf = "ovf-env.xml";
constexpr std::size_t kMaxDisks = 16;
constexpr std::uint64_t kMaxDiskSize = 64ULL << 20U;

bool is_optical(const Root& root, const std::string& name) {
  constexpr std::string_view kScsiRom = "5";  // TYPE_ROM
  const bool drive_name =
      name.size() > 2 && name.starts_with("sr") &&
      std::ranges::all_of(name.substr(2), [](char c) { return c >= '0' && c <= '9'; });
  return drive_name ||
         read_attribute(root, "/sys/class/block/" + name + "/device/type") == kScsiRom;
}

/// Whether a device is a whole physical disk that is small enough to be the media.
bool is_small_disk(const Root& root, const std::string& name) {
  const std::string directory = "/sys/class/block/" + name;
  if (!root.exists(directory + "/device") || root.exists(directory + "/partition")) return false;
  // Generation 1 VMs have a floppy drive; reading an empty one takes seconds and fills the log.
  if (read_attribute(root, directory + "/dev").starts_with("2:")) return false;
  if (read_attribute(root, directory + "/hidden") == "1") return false;  // a path of NVMe multipath
  const std::uint64_t sectors = read_number(root, directory + "/size").value_or(0);
  return sectors > 0 && sectors <= kMaxDiskSize / kSysfsSector;
}

using Probe = Handle<blkid_struct_probe, blkid_free_probe>;

/// Finds the type of the file system on an open disk or image. Returns nullopt if libblkid finds
/// none. `only`: the types to look for, null-terminated; null: all.
Result<std::optional<std::string>> find_file_system_type(int fd, char** only) {
  const Probe probe(blkid_new_probe());
  if (!probe) return fail(Reason::kIo, "no memory for a probe of libblkid");
  if (blkid_probe_set_device(probe.get(), fd, 0, 0) != 0) {
    return fail(Reason::kMediaUnreadable, "libblkid cannot read it");
  }
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE);
  if (only != nullptr) {
    blkid_probe_filter_superblocks_type(probe.get(), BLKID_FLTR_ONLYIN, only);
  } else {
    blkid_probe_filter_superblocks_usage(probe.get(), BLKID_FLTR_ONLYIN, BLKID_USAGE_FILESYSTEM);
  }
  const int result = blkid_do_safeprobe(probe.get());
  if (result == 1) return std::nullopt;
  if (result == -2) {
    return fail(Reason::kMediaUnreadable, "libblkid finds several file systems on it");
  }
  const char* type = nullptr;
  if (result != 0 || blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) != 0) {
    return fail(Reason::kMediaUnreadable, "libblkid cannot read it");
  }
  return type;
}

/// The same for the types that Azure's disc can have.
Result<std::optional<std::string>> find_disc_type(int fd) {
  std::string udf = "udf";
  std::string iso9660 = "iso9660";
  // libblkid's interface takes strings that are not const.
  std::array<char*, 3> only{udf.data(), iso9660.data(), nullptr};
  return find_file_system_type(fd, only.data());
}

/// Most UDF discs are also ISO 9660 discs, and some kernels support only that.
std::vector<std::string> types_to_try(const std::string& type) {
  if (type == "udf") return {"udf", "iso9660"};
  return {type};
}

/// Reads ovf-env.xml of a mounted disc or a directory. Returns nullopt if there is none.
Result<std::optional<std::string>> read_ovf(const Root& tree, std::size_t limit) {
  const auto names = OR_RETURN(tree.list("/"));
  const auto name = find_ovf_name(names);
  if (!name) return std::nullopt;
  // Links are not followed, as they could lead out of the media.
  const auto file = OR_RETURN(tree.open_file(*name, O_PATH | O_NOFOLLOW));
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return fail_errno(errno, "opening " + *name);
  if (!S_ISREG(status.st_mode)) {
    return fail(Reason::kMediaUnreadable, printable(*name) + " is not a regular file");
  }
  return OR_RETURN(tree.read(*name, limit));
}

Result<std::optional<std::string>> mount_and_read(const MountSource& source, std::size_t limit,
                                                  const Deadline& deadline) {
  return read_mounted(
      source, [limit](const Root& tree) { return read_ovf(tree, limit); }, limit, deadline);
}

/// Waits while a drive spins up. Returns whether it has a disc to read.
Result<bool> wait_for_disc(int drive, const Deadline& deadline) {
  constexpr Duration kMaxWait = std::chrono::seconds(3);
  const Deadline until = deadline.within(kMaxWait);
  Backoff backoff(
      {.initial = std::chrono::milliseconds(50), .longest = std::chrono::milliseconds(500)});
  while (true) {
    const DriveAction action = decide_drive(ioctl(drive, CDROM_DRIVE_STATUS, CDSL_CURRENT));
    if (action != DriveAction::kRetry) return action == DriveAction::kRead;
    const auto pause = backoff.next(until);
    if (!pause) return fail(Reason::kTimeout, "the drive did not become ready");
    (void)poll(nullptr, 0, until.poll_timeout(*pause));
  }
}

/// Path of a device outside of `root`.
std::string path_on_host(const Root& root, const std::string& device) {
  return root.live() ? device : root.directory() + device;
}

Result<std::optional<std::string>> read_candidate(const Root& root, const MediaCandidate& candidate,
                                                  std::size_t limit, const Deadline& deadline) {
  // O_NONBLOCK: otherwise opening an empty drive waits for a disc.
  const auto fd = root.open_device(candidate.device, O_RDONLY | O_NONBLOCK);
  if (!fd) {
    const int error = fd.error().errno_value().value_or(0);
    if (error == ENOENT || error == ENXIO || error == ENOMEDIUM)
      return std::nullopt;  // it was removed
    return fail(Error(fd.error()));
  }
  if (candidate.optical) {
    const bool has_disc = OR_RETURN(wait_for_disc(fd->get(), deadline));
    if (!has_disc) return std::nullopt;
  }
  const auto type = OR_RETURN(find_disc_type(fd->get()));
  if (!type) return std::nullopt;
  return mount_and_read(
      {.path = path_on_host(root, candidate.device), .types = types_to_try(*type)}, limit,
      deadline);
}

/// A kMediaUnreadable error whose message contains the cause.
std::unexpected<Error> fail_unreadable(const Error& cause, const std::string& path) {
  return fail(Reason::kMediaUnreadable, "reading " + printable(path) + ": " + cause.to_string());
}

/// Reads a file if it is XML. Returns nullopt if it is an image.
Result<std::optional<std::string>> read_if_xml(const Root& root, const std::string& path,
                                               std::size_t limit) {
  constexpr std::size_t kHead = 512;
  const auto fd = OR_RETURN(root.open_file(path, O_RDONLY));
  std::string head(kHead, '\0');
  const ssize_t got = pread(fd.get(), head.data(), head.size(), 0);
  if (got < 0) return fail_errno(errno, "reading its first bytes");
  head.resize(static_cast<std::size_t>(got));
  if (!looks_like_xml(head)) return std::nullopt;
  return OR_RETURN(root.read(path, limit));
}

Result<std::optional<std::string>> read_image(const Root& root, const std::string& path,
                                              bool is_device, std::size_t limit,
                                              const Deadline& deadline) {
  const auto fd = OR_RETURN(root.open_device(path, O_RDONLY | O_NONBLOCK));
  const auto type = OR_RETURN(find_file_system_type(fd.get(), nullptr));
  if (!type) return fail(Reason::kMediaUnreadable, "it is neither XML nor a file system image");
  return mount_and_read({.path = path, .image = !is_device, .types = types_to_try(*type)}, limit,
                        deadline);
}

/// Reads ovf-env.xml from any kind of path that read_media supports. `path` has no symbolic links.
Result<std::optional<std::string>> read_any(const Root& root, const std::string& path,
                                            const FileInfo& file, std::size_t limit,
                                            const Deadline& deadline) {
  if (file.is_directory()) {
    const auto tree = OR_RETURN(Root::open(path));
    return read_ovf(tree, limit);
  }
  if (S_ISBLK(file.mode)) return read_image(root, path, true, limit, deadline);
  if (!file.is_regular()) {
    return fail(Reason::kMediaUnreadable, "it is neither a directory, a file nor a block device");
  }
  auto xml = OR_RETURN(read_if_xml(root, path, limit));
  if (xml) return xml;
  return read_image(root, path, false, limit, deadline);
}

}  // namespace

Result<std::vector<MediaCandidate>> find_media_candidates(const Root& root) {
  auto names = OR_RETURN(root.list("/sys/class/block"), "looking for provisioning media");
  std::ranges::sort(names, counts_before);
  std::vector<MediaCandidate> drives;
  std::vector<MediaCandidate> disks;
  for (const std::string& name : names) {
    if (is_optical(root, name)) {
      drives.push_back({node_of(name), true});
    } else if (disks.size() < kMaxDisks && is_small_disk(root, name)) {
      disks.push_back({node_of(name), false});
    }
  }
  drives.insert(drives.end(), disks.begin(), disks.end());
  return drives;
}

DriveAction decide_drive(int status) {
  switch (status) {
    case CDS_NO_DISC:
    case CDS_TRAY_OPEN:
      return DriveAction::kSkip;
    case CDS_DRIVE_NOT_READY:
      return DriveAction::kRetry;
    default:
      return DriveAction::kRead;
  }
}

std::optional<std::string> find_ovf_name(std::span<const std::string> names) {
  if (std::ranges::find(names, kOvf) != names.end()) return std::string(kOvf);
  const auto matches = [](std::string_view name) {
    return lower(name.substr(0, name.find(';'))) == kOvf;
  };
  const auto found = std::ranges::find_if(names, matches);
  return found == names.end() ? std::nullopt : std::optional(*found);
}

bool looks_like_xml(std::string_view head) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  return trim(head).starts_with('<');
}

Result<std::optional<Media>> find_media(const Root& root, std::size_t limit,
                                        const Deadline& deadline) {
  const auto candidates = OR_RETURN(find_media_candidates(root));
  std::vector<std::string> failures;
  for (const MediaCandidate& candidate : candidates) {
    if (deadline.passed()) {
      failures.push_back("no time was left for " + candidate.device);
      break;
    }
    auto ovf = read_candidate(root, candidate, limit, deadline);
    if (!ovf) {
      failures.push_back(fail_unreadable(ovf.error(), candidate.device).error().to_string());
    } else if (*ovf) {
      return Media{candidate.device, path_on_host(root, candidate.device), std::move(**ovf)};
    }
  }
  if (failures.empty()) return std::nullopt;
  return fail(Reason::kMediaUnreadable, join(failures, "; "));
}

Result<Media> read_media(const std::string& path, std::size_t limit, const Deadline& deadline) {
  std::error_code error;
  const std::string real = std::filesystem::canonical(path, error).string();
  if (error) {
    auto failure =
        fail_errno(error.value(), "opening " + printable(path), Reason::kMediaUnreadable);
    return fail(std::move(failure.error()).with_cause(Cause::kNoSuchMedia));
  }
  const auto root = OR_RETURN(Root::open("/"));
  const auto file = root.stat(real);
  if (!file) return fail_unreadable(file.error(), path);
  if (!*file) return fail(Cause::kNoSuchMedia, printable(path) + " does not exist");
  auto ovf = read_any(root, real, **file, limit, deadline);
  if (!ovf) return fail_unreadable(ovf.error(), path);
  if (!*ovf) return fail(Cause::kNoSuchMedia, "there is no ovf-env.xml in " + printable(path));
  return Media{path, S_ISBLK((*file)->mode) ? real : "", std::move(**ovf)};
}

Result<void> eject(const Media& media) {
  if (media.device.empty()) return {};
  const std::string context = "ejecting " + printable(media.device);
  const auto root = OR_RETURN(Root::open("/"));
  const auto fd = OR_RETURN(root.open_device(media.device, O_RDONLY | O_NONBLOCK), context);
  // udev's cdrom_id locks the door. This fails if there is no lock, which does not matter.
  (void)ioctl(fd.get(), CDROM_LOCKDOOR, 0);
  if (ioctl(fd.get(), CDROMEJECT, 0) != 0) return fail_errno(errno, context);
  return {};
}

}  // namespace azl::disk
