// `azl-provision report --bundle FILE`: one archive with what support needs.
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Collects the files, lists them on standard output, and writes the archive (mode 0600). Returns
/// the exit status. Unless it is kExitDone, there is no archive, or the old one is unchanged. What
/// could not be collected is in the list and in the archive's manifest, and is no failure.
[[nodiscard]] int bundle_command(const ReportOptions& options);

}  // namespace azl::provision
