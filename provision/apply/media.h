// Ejects the provisioning media.
#pragma once

#include "provision/gather/facts.h"
#include "provision/gather/media.h"
#include "provision/step/context.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// Opens the drive, once the platform was told.
[[nodiscard]] StepResult eject_media(const Facts& facts, const ProvisioningMedia& media,
                                     const State& state);

}  // namespace azl::provision
