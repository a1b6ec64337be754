// The log for debugging the agent: its level, its place, and its writer.
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
  std::string kernel_command_line = {};  ///< counts on the live machine only
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

/// Decides on level and place. The level is that of the command line, else azl-provision.log= of
/// the kernel's command line, else that of the configuration. On the kernel's command line, a word
/// that is not a level means "debug". The place is stderr if a person gave an option or the root is
/// a tree, else the journal, or a file if no journal runs. Pure.
[[nodiscard]] DebugLogPlan plan_debug_log(const DebugLogFacts& facts);

/// The file of boots without a journal. At most 1 MiB, with one older file beside it.
inline constexpr std::string_view kDebugLogFile = "/var/log/azl-provision/debug.log";

/// Starts the log if one of the three levels in `asked_for` asks for it; finds out the other facts.
/// The log ends when the result is destroyed. Returns nullptr if the level is off. Errors: kIo if
/// the file or its directory cannot be made.
[[nodiscard]] Result<std::unique_ptr<LogWriter>> start_debug_log(const Root& root,
                                                                 DebugLogFacts asked_for);

/// Logs the configuration, the facts that the plan does not name, and the plan.
void log_decision(const Facts& facts, const Config& config, const Plan& plan);

}  // namespace azl::provision
