// The instance document of the Instance Metadata Service (IMDS).
#pragma once

#include "tests/platform/object_reader.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// Returns the content of /metadata/instance. All values are strings, as in IMDS.
/// `extended` adds the member "extended", as the query parameter extended=true does.
[[nodiscard]] Json imds_document(const Scenario& scenario, bool extended);

}  // namespace azl::platform
