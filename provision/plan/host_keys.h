// Decides whether the SSH host keys are replaced. Pure.
#pragma once

#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/choice.h"

namespace azl::provision {

/// Decides whether to replace the host keys. `any_source`: media or IMDS gave something, or still
/// may.
[[nodiscard]] Choice decide_host_keys(const Facts& facts, const Config& config, bool any_source);

}  // namespace azl::provision
