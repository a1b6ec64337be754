// The Instance Metadata Service's description of a VM.
#pragma once

#include "tests/platform/object_reader.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// What /metadata/instance tells. Values are strings throughout, as IMDS has them.
/// `extended` adds the member of that name (query parameter extended=true).
[[nodiscard]] Json imds_document(const Scenario& scenario, bool extended);

}  // namespace azl::platform
