// The disks stage: what there is, what is to be done, and the steps that do it.
#pragma once

#include <set>
#include <string>

#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"

namespace azl::provision {

/// Reads the disks that the configuration has a use for, where they may be mounted, and what is
/// remembered; and decides. Of a tree nothing: its /dev may be this machine's.
[[nodiscard]] DisksLook look_at_disks(const Machine& machine, const Config& config);

/// Which other program formats local disks here, as a sentence; empty: none.
/// azure-ephemeral-disk-setup.service of azure-vm-utils, where it is enabled.
[[nodiscard]] std::string find_local_disk_formatter(const Root& root);
/// The same of the resource disk: that one, or WALinuxAgent with ResourceDisk.Format=y, where it is
/// enabled.
[[nodiscard]] std::string find_disk_formatter(const Root& root);
/// Which other program grows the OS disk, as a sentence; empty: none. systemd-repart, where it has
/// definitions.
[[nodiscard]] std::string find_disk_grower(const Root& root);

/// What is on a disk, in words: "gpt: 1 vfat 'ESP', 2 ext4". Pure.
[[nodiscard]] std::string content_in_words(const disk::Disk& disk);

/// What an earlier run of this boot did to a disk: a later run's record takes the place of that
/// one's. Pure.
[[nodiscard]] std::vector<std::string> done_before(const std::vector<DiskRecord>& told,
                                                   const std::string& device);

/// Puts what was found and decided into the record.
[[nodiscard]] Result<Said> tell_disks(Boot& boot);
/// Grows the OS disk's last partition and its file system, and remembers to which size.
[[nodiscard]] Result<Said> grow_os_disk(Boot& boot);
/// Carries out the rest. What fails on one disk is degraded, and the others are set up all the
/// same.
[[nodiscard]] Result<Said> set_up_disks(Boot& boot);

}  // namespace azl::provision
