// The command custom-data.
#pragma once

#include "provision/cli/options.h"

namespace azl::provision {

/// Lists the items of this VM's custom data, shows one, carries one out again, or prints the log.
/// Returns kExitFailed if there is no such item, or it failed.
[[nodiscard]] int custom_data_command(const CustomDataOptions& options);

}  // namespace azl::provision
