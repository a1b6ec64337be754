// Carries out one item of custom data once more, because a person asks for it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "imds/http.h"
#include "provision/config/config.h"
#include "provision/custom_data/run/folder_programs.h"
#include "provision/custom_data/run/stored.h"
#include "provision/engine/gate.h"
#include "provision/record/record.h"
#include "provision/step/context.h"

namespace azl::provision {

struct RerunEnd {
  bool found = false;    ///< false: nothing of this id is stored
  StepRecord step = {};  ///< what became of it
  std::vector<FindingRecord> findings = {};
};

/// Finds an item that is stored, or a program of the image by its path, takes the lock of its stage
/// and carries it out, whatever was recorded of it. The end is recorded as the stage does, so that
/// an item that was due is not carried out once more; no record of a boot is written. Asks nothing
/// of the network. Only for root. Errors: kState, kLocked, kIo; kUsage if what is stored is of
/// another VM.
[[nodiscard]] Result<RerunEnd> rerun_item(const Machine& machine, const Gate& gate,
                                          const Config& config, const std::string& id);

}  // namespace azl::provision
