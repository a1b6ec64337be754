// `cloud-init clean`
#pragma once

#include "provision/cli/cloud_init_options.h"

namespace azl::provision {

/// Has the next boot provision this VM anew, and take its custom data anew. Says what it removed
/// and what it left. Returns 1 if something could not be removed.
[[nodiscard]] int cloud_init_clean_command(const CloudInitOptions& options);

}  // namespace azl::provision
