// Reads the disks: what there is, who uses it, and which other programs take care of it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "disk/plan/disk_plan.h"
#include "provision/config/config.h"
#include "provision/step/context.h"

namespace azl::provision {

/// What reading the disks may do besides reading.
enum class DiskReading {
  kTouchNothing,
  /// Waits until udev has made the links of the disks. From the first time in a boot, udev's rule
  /// also starts a run for each disk that comes (/run/azl-provision/disks.looking).
  kSettleAndAnnounce,
};

struct GatheredDisks {
  disk::DiskFacts facts = {};
  std::vector<Error> errors = {};  ///< what could not be read; the facts about it are empty
};

/// Reads the disks that the configuration has a use for, their mount points and their history.
/// Returns nothing for a tree: its /dev may be this machine's.
[[nodiscard]] GatheredDisks gather_disks(const Machine& machine, const Config& config,
                                         DiskReading reading);
/// As gather_disks, but also of a tree, for tests.
[[nodiscard]] GatheredDisks read_disk_facts(const Machine& machine, const Config& config,
                                            DiskReading reading);

// The following functions find other programs, and return a sentence. Empty: there is none.

/// Finds a program that formats local disks: azure-ephemeral-disk-setup.service of azure-vm-utils,
/// if it is enabled.
[[nodiscard]] std::string find_local_disk_formatter(const Root& root);
/// Finds a program that formats the resource disk: that service, or WALinuxAgent with
/// ResourceDisk.Format=y, if it is enabled.
[[nodiscard]] std::string find_disk_formatter(const Root& root);
/// Finds a program that grows the OS disk: systemd-repart, if it has definitions.
[[nodiscard]] std::string find_disk_grower(const Root& root);

}  // namespace azl::provision
