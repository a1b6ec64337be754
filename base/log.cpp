#include "base/log.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace azl {
namespace {

constexpr std::array<std::string_view, 6> kLevels = {"trace",   "debug", "info",
                                                     "warning", "error", "off"};
constexpr std::array<std::string_view, kLogAreas> kAreas = {"base", "imds",     "net",
                                                            "disk", "accounts", "provision"};

LogWriter* log_writer = nullptr;

}  // namespace

std::string_view to_string(LogLevel level) { return kLevels.at(static_cast<std::size_t>(level)); }

std::optional<LogLevel> parse_log_level(std::string_view word) {
  const auto* found = std::ranges::find(kLevels, lower(word));
  if (found == kLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLevels.begin());
}

std::string_view to_string(LogArea area) { return kAreas.at(static_cast<std::size_t>(area)); }

void set_log(LogWriter* writer, LogLevel level) noexcept {
  log_writer = writer;
  log_internal::lowest = writer == nullptr ? LogLevel::kOff : level;
}

void log_internal::write(LogArea area, LogLevel level, std::string_view text) noexcept {
  if (log_writer != nullptr) log_writer->write(area, level, text);
}

}  // namespace azl
