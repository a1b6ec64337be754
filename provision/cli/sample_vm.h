// The variables of a made-up VM, for templates that are checked elsewhere than on a VM.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace azl::provision {

/// The variables of custom_data/parse/instance_variables.h for a VM with Azure Linux. Each value is
/// one that a VM can have.
[[nodiscard]] nlohmann::json make_sample_variables();

}  // namespace azl::provision
