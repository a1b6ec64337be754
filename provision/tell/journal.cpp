#include "provision/tell/journal.h"

#include <algorithm>
#include <ranges>
#include <string>
#include <vector>

#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "base/text.h"
#include "provision/record/advice.h"
#include "provision/tell/console.h"

namespace azl::provision {
namespace {

int priority_of(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return LOG_NOTICE;
    case Severity::kDegraded:
      return LOG_WARNING;
    case Severity::kFatal:
      return LOG_ERR;
  }
  return LOG_ERR;
}

std::string field(std::string_view name, std::string_view value) {
  return std::string(name) + "=" + std::string(value);
}

std::string priority_field(int priority) { return field("PRIORITY", std::to_string(priority)); }

/// Sends fields to journald.
void send(std::vector<std::string> fields) {
  fields.emplace_back("SYSLOG_IDENTIFIER=azl-provision");
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  // The C interface takes writable memory and only reads it.
  for (auto& each : fields) parts.push_back({.iov_base = each.data(), .iov_len = each.size()});
  ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

}  // namespace

void send_to_journal(const StageRecord& record, const StepRecord& step) {
  const auto outcome = std::string(to_string(step.outcome));
  const bool failed = step.outcome == StepOutcome::kFailed;
  send({field("MESSAGE", step.name + ": " + outcome + (step.why.empty() ? "" : ": " + step.why)),
        priority_field(failed ? LOG_WARNING : LOG_INFO),
        field("AZL_STAGE", to_string(record.stage)), field("AZL_STEP", step.name),
        field("AZL_OUTCOME", outcome), field("AZL_VM_ID", record.vm_id),
        field("AZL_TOOK_USEC", std::to_string(step.took_us))});
}

void send_to_journal(const StageRecord& record, std::size_t sent) {
  for (const auto& finding : record.findings | std::views::drop(sent)) {
    const auto reason = parse_reason(finding.reason);
    if (!reason) continue;
    send({field("MESSAGE", finding.step + ": " + join(finding.chain, ": ")),
          priority_field(priority_of(finding.severity)),
          field("MESSAGE_ID", advice_for(*reason).message_id),
          field("AZL_STAGE", to_string(record.stage)), field("AZL_STEP", finding.step),
          field("AZL_REASON", finding.reason), field("AZL_SEVERITY", to_string(finding.severity)),
          field("AZL_CAUSE", finding.cause), field("AZL_ADVICE", finding.advice),
          field("AZL_VM_ID", record.vm_id)});
  }
  const auto* ended = std::ranges::find(kOutcomeIds, record.outcome, &OutcomeId::outcome);
  send({field("MESSAGE", describe_outcome(record)),
        field("MESSAGE_ID", ended == kOutcomeIds.end() ? std::string_view() : ended->message_id),
        priority_field(record.outcome == StageOutcome::kFailed ? LOG_ERR : LOG_NOTICE),
        field("AZL_STAGE", to_string(record.stage)),
        field("AZL_OUTCOME", to_string(record.outcome)), field("AZL_VM_ID", record.vm_id),
        field("AZL_TOOK_USEC", std::to_string(record.took_us))});
}

}  // namespace azl::provision
