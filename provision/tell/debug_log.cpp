#include "provision/tell/debug_log.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/plan/plan_json.h"

namespace azl::provision {
namespace {

constexpr std::string_view kKernelWord = "azl-provision.log";

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

/// One logger for each area, all with the same sink.
class SpdlogWriter final : public LogWriter {
 public:
  explicit SpdlogWriter(const spdlog::sink_ptr& sink) {
    for (std::size_t i = 0; i < loggers_.size(); ++i) {
      const auto name = to_string(static_cast<LogArea>(i));
      loggers_.at(i) = std::make_unique<spdlog::logger>(std::string(name), sink);
      loggers_.at(i)->set_level(spdlog::level::trace);  // is_logged() has decided before
      loggers_.at(i)->flush_on(spdlog::level::trace);   // the program may be killed
      // A full disk must not fill stderr with complaints.
      loggers_.at(i)->set_error_handler([](const std::string&) {});
    }
  }
  SpdlogWriter(const SpdlogWriter&) = delete;
  SpdlogWriter& operator=(const SpdlogWriter&) = delete;
  ~SpdlogWriter() override { set_log(nullptr, LogLevel::kOff); }

  void write(LogArea area, LogLevel level, std::string_view text) noexcept override {
    try {
      const auto line = printable_line(text);
      loggers_.at(static_cast<std::size_t>(area))
          ->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
    } catch (const std::exception&) {
      set_log(nullptr, LogLevel::kOff);  // a log that cannot be written must not cost the boot
    }
  }

 private:
  std::array<std::unique_ptr<spdlog::logger>, kLogAreas> loggers_;
};

/// The level that the kernel's command line asks for. The last word counts, and '_' is as good as
/// '-', as systemd and the kernel read it.
std::optional<LogLevel> find_kernel_level(std::string_view command_line) {
  std::optional<LogLevel> level;
  for (const auto word : split(command_line, ' ')) {
    const auto equals = std::min(word.find('='), word.size());
    std::string name(word.substr(0, equals));
    std::ranges::replace(name, '_', '-');
    if (name != kKernelWord) continue;
    const auto value = trim(word.substr(std::min(equals + 1, word.size())));
    level = parse_log_level(value).value_or(LogLevel::kDebug);
  }
  return level;
}

/// Whether stderr is the stream that $JOURNAL_STREAM names as DEVICE:INODE. A program that was
/// started below a service may have another stderr.
bool is_stderr_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

Result<spdlog::sink_ptr> make_file_sink(const Root& root) {
  constexpr std::size_t kBytes = 1 << 20;
  constexpr std::size_t kOlderFiles = 1;
  const std::string file(kDebugLogFile);
  // It tells of users and addresses.
  OR_RETURN(root.make_directory(file.substr(0, file.rfind('/')), {.mode = 0700}));
  try {
    return std::make_shared<spdlog::sinks::rotating_file_sink_st>(file, kBytes, kOlderFiles);
  } catch (const std::exception& error) {
    return fail(Reason::kIo, "opening " + file + ": " + error.what());
  }
}

Result<spdlog::sink_ptr> make_sink(LogSink sink, const Root& root) {
  switch (sink) {
    case LogSink::kJournal: {
      auto journal = std::make_shared<spdlog::sinks::systemd_sink_st>("azl-provision", true);
      journal->set_pattern("%n: %v");
      return journal;
    }
    case LogSink::kFile: {
      auto file = OR_RETURN(make_file_sink(root));
      file->set_pattern("%Y-%m-%dT%H:%M:%S.%e %P %n %l: %v");
      return file;
    }
    case LogSink::kStderr:
      break;
  }
  auto terminal = std::make_shared<spdlog::sinks::stderr_color_sink_st>();
  if (std::getenv("NO_COLOR") != nullptr) terminal->set_color_mode(spdlog::color_mode::never);
  terminal->set_pattern("%H:%M:%S.%e %^%n %l%$: %v");
  return terminal;
}

}  // namespace

DebugLogPlan plan_debug_log(const DebugLogFacts& facts) {
  const auto kernel = facts.live ? find_kernel_level(facts.kernel_command_line) : std::nullopt;
  DebugLogPlan plan;
  plan.level = facts.asked ? *facts.asked : kernel.value_or(facts.configured);
  const bool person = facts.asked && !facts.stderr_is_journal;
  if (person || !facts.live) return plan;
  plan.sink = facts.has_journal || facts.stderr_is_journal ? LogSink::kJournal : LogSink::kFile;
  return plan;
}

Result<std::unique_ptr<LogWriter>> start_debug_log(const Root& root, DebugLogFacts asked_for) {
  asked_for.live = root.live();
  asked_for.stderr_is_journal = is_stderr_journal();
  asked_for.has_journal = root.live() && root.exists("/run/systemd/journal/socket");
  const auto plan = plan_debug_log(asked_for);
  if (plan.level == LogLevel::kOff) return nullptr;
  auto writer = std::make_unique<SpdlogWriter>(OR_RETURN(make_sink(plan.sink, root)));
  set_log(writer.get(), plan.level);
  return writer;
}

void log_decision(const Facts& facts, const Config& config, const Plan& plan) {
  if (!is_logged(LogLevel::kDebug)) return;
  for (const auto& setting : config.settings)
    AZL_LOG(kProvision, kDebug,
            "configuration: [" + setting.section + "] " + setting.key + "=" + setting.value + " (" +
                setting.file + ":" + std::to_string(setting.line) + ")");
  AZL_LOG(kProvision, kDebug,
          "VM id '" + facts.identity.vm_id + "', stored VM id '" + facts.state.vm_id + "', media " +
              (facts.ovf ? "read" : "not read") + ", IMDS " +
              (facts.imds ? "answered" : "did not answer") +
              (facts.provisioned_by ? ", provisioned by " + facts.provisioned_by->name : "") +
              (facts.earlier_record ? ", image of a VM of " + facts.earlier_record->name : ""));
  AZL_LOG(kProvision, kDebug, "plan: " + to_json(plan));
}

}  // namespace azl::provision
