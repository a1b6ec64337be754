// Decides how the distribution installs updates by itself. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/finding.h"

namespace azl::provision {

struct PlannedFile {
  std::string path;
  std::string content;
};

struct PlannedUpdates {
  std::string program;               ///< its name, for people
  PlannedFile settings;              ///< of the program
  std::string timer;                 ///< the timer that installs updates
  std::vector<std::string> enabled;  ///< the timers to enable
  std::string schedule;              ///< systemd.time(7); empty: the distribution's own
  std::string why;                   ///< what is installed, when, and whether it reboots
};

/// Decides by [Updates]. Returns nullopt if Automatic=no, or if the image has no program for it,
/// which is a finding (degraded).
[[nodiscard]] std::optional<PlannedUpdates> decide_updates(const UpdatesConfig& config,
                                                           const UpdateFacts& facts,
                                                           Findings& findings);

/// Returns the drop-in for the timer: the schedule, if it is not empty, and a delay of up to an
/// hour, which systemd derives from the machine id. So the VMs of a fleet do not ask the
/// repositories at the same moment.
[[nodiscard]] PlannedFile timer_drop_in(std::string_view timer, std::string_view schedule);

}  // namespace azl::provision
