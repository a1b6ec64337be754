#include "provision/apply/ageing.h"

#include <optional>
#include <utility>

#include "provision/accounts/ageing.h"
#include "provision/accounts/password.h"
#include "provision/apply/tool_time.h"
#include "provision/plan/ageing.h"

namespace azl::provision {
namespace {

/// Records the findings that are not fatal. Returns the fatal one.
std::optional<Error> record_findings(const Findings& findings, Recorder& recorder) {
  std::optional<Error> fatal;
  for (const auto& [severity, error] : findings) {
    if (severity == Severity::kFatal) {
      fatal = error;
    } else {
      recorder.record_finding(severity, error);
    }
  }
  return fatal;
}

}  // namespace

StepResult set_ageing(const Context& context, const PlannedUser& user, Recorder& recorder) {
  const Root& root = context.root();
  const long today = days_of(context.machine.clock.wall());
  const auto ageings = OR_RETURN(read_ageings(root));
  const Ageing* ageing = find_ageing(ageings, user.name);
  if (ageing == nullptr) return skipped("/etc/shadow has no line for '" + user.name + "'");
  const AgeingSubject subject{.user = user.name,
                              .ageing = *ageing,
                              .has_password = OR_RETURN(password_usable(root, user.name))};
  auto planned = decide_ageing(subject, context.config.user.password_ageing, today);
  if (planned.change.any()) {
    const auto changed = change_ageing(root, context.machine.processes, user.name, planned.change,
                                       context.within(kToolTime));
    if (!changed) {
      recorder.record_finding(Severity::kDegraded, changed.error());
      planned = decide_ageing(subject, AgeingPolicy::kKeep, today);
      planned.why = "chage failed, so it stays as it is";
    }
  }
  if (auto fatal = record_findings(planned.findings, recorder))
    return std::unexpected(std::move(*fatal));
  return done_if(planned.change.any(), planned.why);
}

}  // namespace azl::provision
