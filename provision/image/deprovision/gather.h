// Finds what makes a machine or a tree this one VM.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/root.h"
#include "provision/image/deprovision/deprovision.h"

namespace azl::provision {

struct GatheredDeprovision {
  DeprovisionFacts facts;
  /// What could not be read, a sentence each: without root, or because it is damaged.
  std::vector<std::string> unread;
};

/// Reads the machine or the tree. Changes nothing. On a live machine, asks systemctl which units
/// of WALinuxAgent run.
[[nodiscard]] GatheredDeprovision gather_deprovision(const Root& root, Processes& processes,
                                                     const Deadline& deadline);

/// Why a tree cannot be deprovisioned: it is that of a running system, such as a container. Empty
/// if it can be. The running system itself is no tree.
[[nodiscard]] std::string find_running_system(const Root& root);

}  // namespace azl::provision
