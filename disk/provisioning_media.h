// The provisioning media: found by its content, and read as untrusted data.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"

namespace azl::disk {

/// Provisioning media that was read.
struct Media {
  std::string where;   ///< "/dev/sr0", or the path given with --media
  std::string device;  ///< the device to eject; empty for a directory or a file
  std::string ovf;     ///< content of ovf-env.xml
};

/// Searches find_media_candidates(root) in order and reads ovf-env.xml of the first that has one.
/// Mounts only those that libblkid identifies as udf or iso9660: read-only, with read_mounted.
/// Returns nullopt if there is no media; empty drives, blank discs, and discs without ovf-env.xml
/// are skipped. Errors: kMediaUnreadable, with the failure of each device, if a device could not be
/// read and no other device had media; kIo. Needs root.
[[nodiscard]] Result<std::optional<Media>> find_media(const Root& root, std::size_t limit,
                                                      const Deadline& deadline);

/// Reads the path given with --media: a directory with ovf-env.xml, the file itself, a block
/// device, or an image. An image is mounted with a loop device and may have any file system that
/// libblkid and the kernel know. Errors: kMediaUnreadable, also if there is no ovf-env.xml or it is
/// longer than `limit` bytes.
[[nodiscard]] Result<Media> read_media(const std::string& path, std::size_t limit,
                                       const Deadline& deadline);

/// Ejects media.device, because the disc contains secrets. Does nothing if there is no device.
/// Callers may ignore errors.
[[nodiscard]] Result<void> eject(const Media& media);

/// A whole disk that can be the media.
struct MediaCandidate {
  std::string device;  ///< "/dev/sr0"
  bool optical;        ///< an optical drive, which may be empty
  bool operator==(const MediaCandidate&) const = default;
};

/// Searches /sys/class/block for candidates, in the order in which to read them: all optical drives
/// (sr*, or SCSI type 5) by number, then at most 16 other whole disks of at most 64 MiB, so that
/// the search stays cheap on a VM with many disks. Skips partitions and virtual devices (loop,
/// zram, dm, md). Errors: kIo.
[[nodiscard]] Result<std::vector<MediaCandidate>> find_media_candidates(const Root& root);

/// What to do with an optical drive.
enum class DriveAction { kRead, kSkip, kRetry };
/// Decides by the result of the ioctl CDROM_DRIVE_STATUS (CDS_*; negative: it failed). A drive that
/// does not know its status is read. Pure.
[[nodiscard]] DriveAction decide_drive(int status);

/// Finds ovf-env.xml among the names in the media's root directory: the exact name, otherwise one
/// that differs in case or has an ISO 9660 version suffix ("OVF-ENV.XML;1"). Returns nullopt if
/// there is none. Pure.
[[nodiscard]] std::optional<std::string> find_ovf_name(std::span<const std::string> names);

/// Whether a file is XML rather than an image: it begins with '<', after a byte order mark or white
/// space. Pure.
[[nodiscard]] bool looks_like_xml(std::string_view head);

}  // namespace azl::disk
