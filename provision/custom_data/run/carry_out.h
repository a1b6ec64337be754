// Carries out the items of custom data that are due, and records how each of them ended.
#pragma once

#include "provision/custom_data/run/phase.h"
#include "provision/custom_data/run/script_runner.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision::custom_data {

/// Carries out the items of a group, which must be no reference into the groups of the run: a group
/// that looks for programs adds one for each that is due, and those that are not run become
/// findings. In a root tree, files and accounts are written, and programs stay due. A failed item
/// does not keep the next one from being carried out. Errors: kCustomData, of the last item that
/// failed; the others are findings.
[[nodiscard]] StepResult carry_out(const Context& context, PhaseRun& run, const ItemGroup& group,
                                   Recorder& recorder, const WhileRunning& while_running,
                                   StopSignal& stop);

}  // namespace azl::provision::custom_data
