// Decides whether WALinuxAgent may start after provisioning. Pure.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/choice.h"

namespace azl::provision {

/// Decides whether to hand the VM over to WALinuxAgent: yes, unless the media forbids it.
[[nodiscard]] Choice decide_waagent(const Facts& facts);

}  // namespace azl::provision
