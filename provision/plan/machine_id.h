// Decides whether the machine id is renewed. Pure.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/choice.h"

namespace azl::provision {

/// Decides whether to renew the machine id: only if a record shows that it belongs to another VM,
/// this agent's or another's.
[[nodiscard]] Choice decide_machine_id(const Facts& facts);

}  // namespace azl::provision
