// A log for debugging the program. It is off by default.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace azl {

/// How much is logged, from most to least. A level includes those after it.
enum class LogLevel : std::uint8_t {
  kTrace,  ///< also headers of answers, and each message of the kernel
  kDebug,  ///< requests, programs, probes, and decisions with their inputs
  kInfo,   ///< the steps
  kWarning,
  kError,
  kOff
};

/// The part of the program that a line is about.
enum class LogArea : std::uint8_t { kBase, kImds, kNet, kDisk, kAccounts, kProvision };
inline constexpr std::size_t kLogAreas = 6;

/// "trace", "debug", "info", "warning", "error" or "off".
[[nodiscard]] std::string_view to_string(LogLevel level);
/// Returns nullopt for any other word. The case does not matter.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view word);
/// "base", "imds", "net", "disk", "accounts" or "provision".
[[nodiscard]] std::string_view to_string(LogArea area);

/// Where lines go.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  /// `text` has no secret. It may have any other bytes. Errors are ignored.
  virtual void write(LogArea area, LogLevel level, std::string_view text) noexcept = 0;
};

/// Sends lines of `level` and above to `writer`, which must live as long as the program, or until
/// the next call. nullptr switches the log off.
void set_log(LogWriter* writer, LogLevel level) noexcept;

namespace log_internal {
inline LogLevel lowest = LogLevel::kOff;
void write(LogArea area, LogLevel level, std::string_view text) noexcept;
}  // namespace log_internal

/// Whether a line of this level is written.
[[nodiscard]] inline bool is_logged(LogLevel level) {
  return level >= log_internal::lowest && level != LogLevel::kOff;
}

}  // namespace azl

/// Logs a line: AZL_LOG(kImds, kDebug, "GET " + url). The text is computed only if it is written.
/// Never give it a secret, the body of a message, or what a user handed over (custom data).
#define AZL_LOG(AREA, LEVEL, TEXT)                                                    \
  do {                                                                                \
    if (::azl::is_logged(::azl::LogLevel::LEVEL))                                     \
      ::azl::log_internal::write(::azl::LogArea::AREA, ::azl::LogLevel::LEVEL, TEXT); \
  } while (false)
