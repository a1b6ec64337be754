// The serial console, and the one line about a finished stage.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "provision/record/record.h"

namespace azl::provision {

/// One printable line: the outcome, and what failed. Pure.
[[nodiscard]] std::string describe_outcome(const StageRecord& record);
/// Writes a line to /dev/console, which a serial line without a reader may keep from taking it.
/// `patience`: how long to wait for it, 0: not at all. Errors: kIo, also if not all was written.
[[nodiscard]] Result<void> write_to_console(const std::string& line, Duration patience = {});
/// Writes a text to a descriptor that does not block. Errors: as write_to_console().
[[nodiscard]] Result<void> write_patiently(int fd, std::string_view text, Duration patience);

}  // namespace azl::provision
