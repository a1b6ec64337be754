#include "provision/tell/health.h"

#include <utility>

#include "provision/gather/links.h"
#include "provision/tell/portal_text.h"

namespace azl::provision {
namespace {

Untold choose_message(const Provisioning& progress, const State& state) {
  if (progress.failure) return {.ready = false, .description = describe_failure(*progress.failure)};
  return state.untold.value_or(Untold{});
}

std::string word_of(bool ready) { return ready ? "Ready" : "NotReady"; }

std::string word_of(imds::HealthProtocol protocol) {
  return protocol == imds::HealthProtocol::kJson ? "json" : "xml";
}

/// Adds an undelivered message to the state, and changes nothing else. The state may be about this
/// VM, another one, or none: only the message gets this VM's id, so that the next boot does not
/// take the disk for that of a provisioned VM.
void remember_untold(const Context& context, Untold message, State& state, Recorder& recorder) {
  State now = state;
  message.vm_id = context.identity.vm_id;
  now.untold = std::move(message);
  if (const auto saved = save_state(context.root(), now); !saved)
    return recorder.record_finding(Severity::kDegraded, saved.error());
  state = std::move(now);
}

Result<void> remember_told(const Context& context, const imds::Told& told, State& state) {
  const bool was_untold = state.untold.has_value();
  state.untold.reset();
  if (imds::same_vm(state.vm_id, context.identity.vm_id)) {
    state.reported = Reported{.at = iso8601(told.at),
                              .protocol = word_of(told.protocol),
                              .ready = told.health == imds::Health::kReady};
  } else if (!was_untold) {
    return {};  // provisioning was refused before anything was recorded
  }
  return save_state(context.root(), state);
}

/// Makes or removes the file without which azl-provision-report.service is not started. If that
/// fails, the next boot tells.
void mark_untold(const Context& context, bool untold, Recorder& recorder) {
  const std::string path = std::string(kRunDirectory) + "/untold";
  const auto marked =
      untold ? context.root().write(path, "", {.mode = 0600}) : context.root().remove(path);
  if (!marked) recorder.record_finding(Severity::kNote, marked.error());
}

}  // namespace

Result<std::optional<imds::Told>> tell_wireserver(const Context& context, const Facts& facts,
                                                  const HealthMessage& message,
                                                  const SendHealth& send, Recorder& recorder) {
  ToldRecord record{.channel = "health",
                    .what = word_of(message.ready),
                    .how = {},
                    .at = iso8601(context.machine.clock.wall()),
                    .delivered = false,
                    .description = message.description};
  Result<std::optional<imds::Told>> told;
  if (const auto url = find_wireserver(context, facts); !url.empty()) {
    imds::AttemptLog attempts;
    told = send(url, attempts);
    recorder.record_attempts(attempts);
  }
  if (told && *told) {
    record.delivered = true;
    record.how = word_of((*told)->protocol);
    record.at = iso8601((*told)->at);
  }
  recorder.record().told.push_back(std::move(record));
  return told;
}

StepResult tell_health(const Context& context, const Facts& facts, const Provisioning& progress,
                       Duration how_long, State& state, Recorder& recorder) {
  const auto message = choose_message(progress, state);
  const auto health = message.ready ? imds::Health::kReady : imds::Health::kProvisioningFailed;
  const auto send = [&](const std::string& url, imds::AttemptLog& attempts) {
    return imds::report_health(context.machine.http, url, context.config.platform.health_protocol,
                               health, message.description, context.machine.clock,
                               context.within(how_long), attempts);
  };
  auto told = tell_wireserver(
      context, facts, {.ready = message.ready, .description = message.description}, send, recorder);
  if (!told) {
    remember_untold(context, message, state, recorder);
    mark_untold(context, true, recorder);
    return fail(std::move(told.error()),
                "the platform could not be told " + word_of(message.ready));
  }
  if (!*told) return skipped(std::string(kNoPlatform));
  OR_RETURN(remember_told(context, **told, state));
  mark_untold(context, false, recorder);
  const bool json = (*told)->protocol == imds::HealthProtocol::kJson;
  return done("told the platform " + word_of(message.ready) + " by the " + (json ? "JSON" : "XML") +
              " protocol");
}

StepResult leave_to_report_stage(const Context& context, const State& state, Recorder& recorder) {
  mark_untold(context, true, recorder);
  return done("azl-provision-report.service tells the platform " + word_of(state.untold->ready) +
              "; no login waits for it");
}

}  // namespace azl::provision
