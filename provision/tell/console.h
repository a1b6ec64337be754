// The one line about a finished stage, for the serial console.
#pragma once

#include <string>

#include "base/error.h"
#include "provision/record/record.h"

namespace azl::provision {

/// One printable line: the outcome, and what failed. Pure.
[[nodiscard]] std::string describe_outcome(const StageRecord& record);
/// Writes a line to /dev/console. Errors: kIo.
[[nodiscard]] Result<void> write_to_console(const std::string& line);

}  // namespace azl::provision
