// The provisioning media: found by content, read, never trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"

namespace azl::disk {

/// What was read, and from where.
struct Media {
  std::string where;   ///< "/dev/sr0", or the --media path
  std::string device;  ///< to be ejected; empty for a directory or a file
  std::string ovf;     ///< bytes of ovf-env.xml
};

/// Looks at find_media_candidates(root) in turn, takes those that libblkid calls udf or iso9660,
/// mounts each read-only (nosuid, nodev, noexec) in the private mount namespace of a child, and
/// reads ovf-env.xml of the first that has one. The child is killed at the deadline, and whichever
/// way it ends, its mount ends with it. Empty: no media; an empty drive, a blank disc and a disc
/// without ovf-env.xml are none. Errors: kMediaUnreadable with what failed for each device, when
/// something could not be read and no other device had media; kIo. Needs root.
[[nodiscard]] Result<std::optional<Media>> find_media(const Root& root, std::size_t limit,
                                                      const Deadline& deadline);

/// --media PATH: a directory with ovf-env.xml, the file itself (it begins with '<', after a BOM or
/// white space), a block device, or an image, which is mounted by a loop device with any file
/// system that libblkid and the kernel know. Errors: kMediaUnreadable, also when there is no
/// ovf-env.xml or it is longer than `limit` bytes.
[[nodiscard]] Result<Media> read_media(const std::string& path, std::size_t limit,
                                       const Deadline& deadline);

/// Opens the tray of media.device, so that the disc with its secrets is gone. Does nothing without
/// a device. An error means nothing.
[[nodiscard]] Result<void> eject(const Media& media);

/// A whole disk that may be the media.
struct MediaCandidate {
  std::string device;  ///< "/dev/sr0"
  bool optical;        ///< a drive, which has to be asked whether it holds a disc
  bool operator==(const MediaCandidate&) const = default;
};

/// What /sys/class/block of `root` offers, in the order in which to look: all optical drives (sr*,
/// or SCSI type 5) by number, then at most 16 other whole disks of at most 64 MiB, so that the scan
/// of a VM with many disks stays cheap. Not partitions, and nothing without hardware (loop, zram,
/// dm, md). Errors: kIo.
[[nodiscard]] Result<std::vector<MediaCandidate>> find_media_candidates(const Root& root);

/// What to do with a drive.
enum class DriveAction { kRead, kSkip, kRetry };
/// Decides by the answer to the ioctl CDROM_DRIVE_STATUS (CDS_*, negative: it failed). A drive that
/// cannot tell is read.
[[nodiscard]] DriveAction decide_drive(int status);

/// Which of the names in the media's directory is ovf-env.xml: that one exactly, else one that
/// differs in case or by ISO 9660's version suffix ("OVF-ENV.XML;1"). Empty: none.
[[nodiscard]] std::optional<std::string> find_ovf_name(std::span<const std::string> names);

/// Whether a file's first bytes are those of XML rather than of an image.
[[nodiscard]] bool looks_like_xml(std::string_view head);

}  // namespace azl::disk
