// The log for whoever debugs the agent: whether it is written, where to, and the writer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "base/root.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/plan.h"

namespace azl::provision {

/// What decides about the log.
struct DebugLogFacts {
  std::optional<LogLevel> asked = {};    ///< -v or --log-level= on the command line
  std::string kernel_command_line = {};  ///< of the live machine, else empty
  LogLevel configured = LogLevel::kOff;  ///< [Report] LogLevel=
  bool live = false;                     ///< the root is that of the running machine
  bool stderr_is_journal = false;        ///< systemd.exec(5), $JOURNAL_STREAM
  bool has_journal = false;              ///< journald listens
};

enum class LogSink { kStderr, kJournal, kFile };

struct DebugLogPlan {
  LogLevel level = LogLevel::kOff;
  LogSink sink = LogSink::kStderr;

  bool operator==(const DebugLogPlan&) const = default;
};

/// Decides on the level: that of the command line, else azl-provision.log= of the kernel's command
/// line, else that of the configuration. A word that is no level counts as "debug", because
/// somebody wants to see something. Then on the place: stderr, if a person asked on the command
/// line or the root is a tree; else the journal; a file, if there is no journal. Pure.
[[nodiscard]] DebugLogPlan plan_debug_log(const DebugLogFacts& facts);

/// The file of boots without a journal. At most 1 MiB, with one older file beside it.
inline constexpr std::string_view kDebugLogFile = "/var/log/azl-provision/debug.log";

/// Starts the log if it is asked for. It ends when the result is destroyed. Returns nullptr if the
/// level is off. Errors: kIo if the file's directory cannot be made, or the file cannot be opened.
[[nodiscard]] Result<std::unique_ptr<LogWriter>> start_debug_log(const Root& root,
                                                                 std::optional<LogLevel> asked,
                                                                 LogLevel configured);

/// Logs the configuration, the facts that the plan does not name, and the plan.
void log_decision(const Facts& facts, const Config& config, const Plan& plan);

}  // namespace azl::provision
