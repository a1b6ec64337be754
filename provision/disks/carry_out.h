// The steps that carry out what was decided for the disks.
#pragma once

#include "provision/disks/look.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Step: grows the OS disk's last partition and its file system.
[[nodiscard]] StepResult grow_os_disk(const Context& context, DisksRun& run, Recorder& recorder);

/// Step: carries out all other actions. A failure on one disk is a finding of severity degraded,
/// and the other disks are set up nevertheless.
[[nodiscard]] StepResult set_up_disks(const Context& context, DisksRun& run, Recorder& recorder);

}  // namespace azl::provision
