// The text that Azure's portal shows for a failed provisioning.
#pragma once

#include <string>

#include "base/error.h"

namespace azl::provision {

/// Describes a failure: what, why and what to do, in at most 512 characters. Pure.
[[nodiscard]] std::string describe_failure(const Error& error);

}  // namespace azl::provision
