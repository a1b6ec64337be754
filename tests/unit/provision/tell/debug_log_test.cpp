#include "provision/tell/debug_log.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl;
using namespace azl::provision;

namespace {

DebugLogPlan with_kernel_line(const std::string& line) {
  return plan_debug_log({.kernel_command_line = line,
                         .configured = LogLevel::kError,
                         .live = true,
                         .has_journal = true});
}

}  // namespace

TEST_CASE("the log's level is that of the command line, of the kernel's, or of the configuration") {
  CHECK(plan_debug_log({.live = true, .has_journal = true}).level == LogLevel::kOff);
  CHECK(with_kernel_line("").level == LogLevel::kError);
  CHECK(with_kernel_line("quiet azl-provision.log=trace").level == LogLevel::kTrace);
  CHECK(with_kernel_line("azl_provision.log=INFO").level == LogLevel::kInfo);
  CHECK(with_kernel_line("azl-provision.log=info azl-provision.log=off").level == LogLevel::kOff);
  CHECK(with_kernel_line("azl-provision.log").level == LogLevel::kDebug);
  CHECK(with_kernel_line("azl-provision.log=yes").level == LogLevel::kDebug);
  CHECK(with_kernel_line("azl-provision.logs=debug xazl-provision.log=debug").level ==
        LogLevel::kError);
  CHECK(plan_debug_log({.asked = LogLevel::kOff,
                        .kernel_command_line = "azl-provision.log=debug",
                        .configured = LogLevel::kTrace,
                        .live = true})
            .level == LogLevel::kOff);
}

TEST_CASE("the log goes where somebody reads it") {
  struct Case {
    const char* why;
    DebugLogFacts facts;
    LogSink sink;
  };
  constexpr auto kDebug = LogLevel::kDebug;
  for (const auto& each :
       {Case{"a person asks",
             {.asked = kDebug, .live = true, .has_journal = true},
             LogSink::kStderr},
        Case{"a unit asks",
             {.asked = kDebug, .live = true, .stderr_is_journal = true, .has_journal = true},
             LogSink::kJournal},
        Case{"the configuration asks",
             {.configured = kDebug, .live = true, .has_journal = true},
             LogSink::kJournal},
        Case{"no journal runs", {.configured = kDebug, .live = true}, LogSink::kFile},
        Case{"a tree", {.configured = kDebug, .has_journal = true}, LogSink::kStderr}}) {
    CAPTURE(each.why);
    CHECK(plan_debug_log(each.facts) == DebugLogPlan{kDebug, each.sink});
  }
}
