// The log of custom data, as 'azl-provision custom-data log' prints it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

struct CustomDataLog {
  std::string text = {};
  bool cut = false;  ///< its beginning is left out
};

/// Reads the log: whole lines of its end, `limit` bytes at most. A log that does not exist is
/// empty. Errors: kUsage if only root can read it; kIo.
[[nodiscard]] Result<CustomDataLog> read_custom_data_log(const Root& root,
                                                         std::int64_t limit = std::int64_t{64}
                                                                              << 20);

/// The lines of an item in the log of custom data: from each that says that it begins to the one
/// that says how it ended. Pure.
[[nodiscard]] std::string find_log_of(std::string_view log, std::string_view id);

/// The log for a terminal, with everything escaped that could change it. Pure.
[[nodiscard]] std::string make_printable_log(std::string_view log);

}  // namespace azl::provision
