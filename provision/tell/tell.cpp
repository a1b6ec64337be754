#include "provision/tell/tell.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ranges>
#include <vector>

#include <fcntl.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "imds/kvp.h"
#include "imds/wireserver.h"
#include "provision/record/advice.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kKvpWait = 2s;          // for hv_kvp_daemon's lock
constexpr std::size_t kPortalLimit = 512;  // characters, here taken for bytes
constexpr std::size_t kLineLimit = 1024;   // of the console's line
constexpr Duration kStartWait = 10s;       // for systemctl --no-block

/// Ready, or what failed: this boot's own outcome, else what an earlier stage could not tell.
Untold to_tell(const Boot& boot) {
  if (boot.failure) return {.ready = false, .description = failure_text(*boot.failure)};
  return boot.state.untold.value_or(Untold{});
}

std::string_view word(bool ready) { return ready ? "Ready" : "NotReady"; }

/// Beside what is known of this VM or, where nothing was done yet, of another one.
void keep_untold(Boot& boot, Untold message) {
  State state = boot.state;
  message.vm_id = boot.facts.identity.vm_id;
  if (state.vm_id.empty()) state.vm_id = message.vm_id;
  state.untold = std::move(message);
  if (auto saved = save_state(boot.machine.root, state); !saved)
    return boot.find(Severity::kDegraded, saved.error(), "health");
  boot.state = std::move(state);
}

Result<void> remember_told(Boot& boot, const imds::Told& told) {
  const bool was_untold = boot.state.untold.has_value();
  boot.state.untold.reset();
  if (imds::same_vm(boot.state.vm_id, boot.facts.identity.vm_id)) {
    boot.state.reported =
        Reported{.at = iso8601(told.at),
                 .protocol = told.protocol == imds::HealthProtocol::kJson ? "json" : "xml",
                 .ready = told.health == imds::Health::kReady};
  } else if (!was_untold) {
    return {};  // refused before anything was recorded
  }
  return save_state(boot.machine.root, boot.state);
}

/// For azl-provision-report.service, which is started only where this file is. Without it the next
/// boot tells.
void mark_untold(Boot& boot, bool untold) {
  const std::string path = std::string(kRunDirectory) + "/untold";
  auto marked =
      untold ? boot.machine.root.write(path, "", {.mode = 0600}) : boot.machine.root.remove(path);
  if (!marked) boot.find(Severity::kNote, marked.error(), "health");
}

Result<Said> tell(Boot& boot, Duration how_long) {
  const auto message = to_tell(boot);
  ToldRecord record{.channel = "health",
                    .what = std::string(word(message.ready)),
                    .how = {},
                    .at = iso8601(boot.machine.clock.wall()),
                    .delivered = false,
                    .description = message.description};
  if (boot.wireserver_url.empty()) {
    boot.record.told.push_back(std::move(record));
    return Said{Said::kSkipped, "a root tree has no platform to tell; --wireserver-url gives one"};
  }
  auto told = imds::report_health(
      boot.machine.http, boot.wireserver_url, boot.config.platform.health_protocol,
      message.ready ? imds::Health::kReady : imds::Health::kProvisioningFailed, message.description,
      boot.machine.clock, Deadline(boot.machine.clock, how_long), boot.attempts);
  if (!told) {
    boot.record.told.push_back(std::move(record));
    keep_untold(boot, message);
    mark_untold(boot, true);
    return fail(std::move(told.error()),
                std::string(word(message.ready)) + " could not be told to the platform");
  }
  record.delivered = true;
  record.how = told->protocol == imds::HealthProtocol::kJson ? "json" : "xml";
  record.at = iso8601(told->at);
  const auto how = record.how;
  boot.record.told.push_back(std::move(record));
  if (auto saved = remember_told(boot, *told); !saved)
    return std::unexpected(std::move(saved.error()));
  mark_untold(boot, false);
  return Said{Said::kDone, std::string(word(message.ready)) + " told by the " +
                               (how == "json" ? "JSON" : "XML") + " protocol"};
}

int priority(std::string_view severity) {
  if (severity == "fatal") return LOG_ERR;
  return severity == "degraded" ? LOG_WARNING : LOG_NOTICE;
}

/// Sends fields to journald. An error is none of the boot's: without a journal there is still the
/// record.
void send(const std::vector<std::string>& fields) {
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (const auto& field : fields) {
    // The C interface wants it writable, and only reads.
    parts.push_back({.iov_base = const_cast<char*>(field.data()), .iov_len = field.size()});
  }
  ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

std::string seconds(std::int64_t micros) {
  const auto ms = micros / 1000;
  auto hundredths = std::to_string(ms % 1000 / 10);
  if (hundredths.size() == 1) hundredths.insert(0, "0");
  return std::to_string(ms / 1000) + "." + hundredths + " s";
}

}  // namespace

std::string failure_text(const Error& error) {
  constexpr std::string_view kAgent = "azl-provision: ";
  const auto advice = ". " + std::string(advice_for(error.reason()).text) + ".";
  // What to do must not be what is cut off.
  return std::string(kAgent) +
         printable(error.to_string(), kPortalLimit - kAgent.size() - advice.size(), Quotes::kKept) +
         advice;
}

Result<Said> write_report_to_kvp(Boot& boot) {
  const auto now = boot.machine.clock.wall();
  const auto booted = now - boot.machine.clock.now().time_since_epoch();
  const auto value = boot.failure
                         ? imds::failure_report(*boot.failure, boot.facts.identity.vm_id, now)
                         : imds::success_report(boot.facts.identity.vm_id, now);
  ToldRecord record{.channel = "KVP",
                    .what = std::string(word(!boot.failure)),
                    .how = "pool 1",
                    .at = iso8601(now),
                    .delivered = false,
                    .description = {}};
  auto written = imds::write_kvp(boot.machine.root,
                                 {.key = std::string(imds::kProvisioningReport), .value = value},
                                 booted, Deadline(boot.machine.clock, kKvpWait));
  record.delivered = written.has_value();
  boot.record.told.push_back(std::move(record));
  if (!written) return std::unexpected(std::move(written.error()));
  return Said{Said::kDone,
              std::string(imds::kProvisioningReport) + " in " + std::string(imds::kKvpPool)};
}

Result<Said> tell_health(Boot& boot) { return tell(boot, boot.config.report.inline_timeout); }

Result<Said> leave_to_report(Boot& boot) {
  mark_untold(boot, true);
  return Said{Said::kDone,
              std::string(word(boot.state.untold->ready)) +
                  " is told by azl-provision-report.service, for which no login waits"};
}

Result<Said> tell_health_late(Boot& boot) { return tell(boot, boot.config.report.late_timeout); }

Result<Said> start_guest_agent(Boot& boot) {
  if (!boot.state.guest_agent) return Said{Said::kSkipped, "it is not handed over to"};
  if (boot.state.untold) return Said{Said::kSkipped, "the platform was not told"};
  if (!boot.machine.root.live()) return Said{Said::kSkipped, "root tree"};
  auto& processes = *boot.tools;
  for (const std::string unit : {"waagent.service", "walinuxagent.service"}) {
    // Only a unit that was to be started on this boot, and was held back.
    auto wanted = processes.run({.argv = {"systemctl", "is-enabled", "--quiet", unit}},
                                Deadline(boot.machine.clock, kStartWait));
    if (!wanted) continue;
    auto started = processes.run({.argv = {"systemctl", "start", "--no-block", unit}},
                                 Deadline(boot.machine.clock, kStartWait));
    if (!started) return std::unexpected(std::move(started.error()));
    return Said{Said::kDone, unit + " is started"};
  }
  return Said{Said::kSkipped, "no guest agent is enabled"};
}

void tell_journal(const StageRecord& record, const StepRecord& step) {
  send({"MESSAGE=" + step.name + ": " + step.outcome + (step.why.empty() ? "" : ": " + step.why),
        "PRIORITY=" + std::to_string(step.outcome == "failed" ? LOG_WARNING : LOG_INFO),
        "SYSLOG_IDENTIFIER=azl-provision", "AZL_STAGE=" + record.stage, "AZL_STEP=" + step.name,
        "AZL_OUTCOME=" + step.outcome, "AZL_VM_ID=" + record.vm_id,
        "AZL_TOOK_USEC=" + std::to_string(step.took_us)});
}

void tell_journal(const StageRecord& record, std::size_t told) {
  for (const auto& finding : record.findings | std::views::drop(told)) {
    const auto reason = parse_reason(finding.reason);
    if (!reason) continue;
    send({"MESSAGE=" + finding.step + ": " + join(finding.chain, ": "),
          "PRIORITY=" + std::to_string(priority(finding.severity)),
          "SYSLOG_IDENTIFIER=azl-provision",
          "MESSAGE_ID=" + std::string(advice_for(*reason).message_id), "AZL_STAGE=" + record.stage,
          "AZL_STEP=" + finding.step, "AZL_REASON=" + finding.reason,
          "AZL_SEVERITY=" + finding.severity, "AZL_ADVICE=" + finding.advice,
          "AZL_VM_ID=" + record.vm_id});
  }
  const auto ended = std::ranges::find(kOutcomeIds, record.outcome, &OutcomeId::outcome);
  const auto id = ended == kOutcomeIds.end() ? std::string_view() : ended->message_id;
  send({"MESSAGE=" + outcome_line(record), "MESSAGE_ID=" + std::string(id),
        "PRIORITY=" + std::to_string(record.outcome == "failed" ? LOG_ERR : LOG_NOTICE),
        "SYSLOG_IDENTIFIER=azl-provision", "AZL_STAGE=" + record.stage,
        "AZL_OUTCOME=" + record.outcome, "AZL_VM_ID=" + record.vm_id});
}

std::string outcome_line(const StageRecord& record) {
  std::string line = "azl-provision: ";
  if (record.outcome == "failed") {
    const auto fatal =
        std::ranges::find(record.findings, std::string("fatal"), &FindingRecord::severity);
    line += "FAILED";
    if (fatal != record.findings.end())
      line += " at step " + fatal->step + ": " + join(fatal->chain, ": ");
    return printable(line, kLineLimit, Quotes::kKept) + " -- see 'azl-provision --report'";
  }
  const auto warnings =
      std::ranges::count(record.findings, std::string("degraded"), &FindingRecord::severity);
  line += record.outcome == "degraded" ? "ready with " + std::to_string(warnings) +
                                             (warnings == 1 ? " warning" : " warnings")
                                       : "ready";
  line += " in " + seconds(record.took_us);
  if (!record.hostname.empty()) line += ", host " + record.hostname;
  if (!record.user.name.empty())
    line += ", user " + record.user.name + " with " + std::to_string(record.user.keys.size()) +
            " SSH key(s)";
  line = printable(line, kLineLimit, Quotes::kKept);
  if (record.outcome == "degraded") line += " -- see 'azl-provision --report'";
  return line;
}

Result<void> tell_console(const std::string& line) {
  const UniqueFd console(::open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!console) return fail_errno(errno, "opening /dev/console");
  const auto text = line + "\r\n";
  if (::write(console.get(), text.data(), text.size()) < 0)
    return fail_errno(errno, "writing to /dev/console");
  return {};
}

}  // namespace azl::provision
