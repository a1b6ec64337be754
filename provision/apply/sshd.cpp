#include "provision/apply/sshd.h"

#include <string>
#include <utility>

#include "provision/accounts/sshd.h"
#include "provision/accounts/sshd_config.h"
#include "provision/apply/password.h"
#include "provision/apply/tool_time.h"

namespace azl::provision {
namespace {

/// Takes back what an earlier failure closed, on a VM whose sshd is not ours to configure.
StepResult reopen(const Context& context) {
  const bool reopened = OR_RETURN(reopen_sshd(context.root()));
  return done_if(
      reopened, reopened
                    ? "password logins that an earlier failure forbade are as this machine has them"
                    : "sshd keeps this machine's own settings");
}

SshdWish make_wish(const Plan& plan, const Provisioning& progress) {
  const bool failed = progress.failure.has_value();
  SshdWish wish{.user = plan.user ? plan.user->name : "root",
                .password_authentication = plan.sshd->password_authentication && !failed,
                .reason = failed ? "provisioning failed" : plan.sshd->why,
                .closing = failed};
  if (!failed) wish.answer = progress.sshd;
  return wish;
}

/// Locks the admin user's password if sshd could not be made to refuse it.
void lock_out(const Context& context, const std::string& user, Provisioning& progress,
              Recorder& recorder) {
  const auto locked = lock_password(context, user);
  if (locked) {
    progress.password_works = false;
    recorder.record().user.password = "locked";
  }
  recorder.record_finding(
      Severity::kDegraded,
      Error(Cause::kPasswordLockedForSafety,
            locked ? "the password of '" + user +
                         "' was locked, because sshd could not be made to refuse passwords"
                   : locked.error().to_string()));
}

/// Whether sshd's main file includes the directory of drop-ins. Also true if it cannot be read.
bool has_include_of_drop_ins(const Root& root) {
  const auto text = root.read_if_exists(kSshdConfig);
  return !text || includes_drop_ins(text->value_or(""));
}

/// Records what of sshd's answer the user of this VM should know.
void record_outcome(const SshdOutcome& outcome, Recorder& recorder) {
  const auto degraded = [&](Cause cause, const std::string& what) {
    recorder.record_finding(Severity::kDegraded, Error(cause, what));
  };
  if (!outcome.judged)
    degraded(Cause::kSshdNotJudged,
             "it is not known whether sshd obeys the setting for passwords: " + outcome.why);
  if (!outcome.exceptions.empty()) degraded(Cause::kSshdMatchAllowsPasswords, outcome.exceptions);
  if (!outcome.fixed.empty())
    recorder.record_finding(Severity::kNote, Error(Reason::kSshd, outcome.fixed));
}

}  // namespace

StepResult end_sshd_change(const Context& context, const SshdWish& wish,
                           Result<SshdOutcome> outcome, Recorder& recorder) {
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  if (outcome->judged && !outcome->effective)
    return fail(
        has_include_of_drop_ins(context.root()) ? Cause::kSshdOverruled : Cause::kSshdNoInclude,
        outcome->why);
  record_outcome(*outcome, recorder);
  if (context.root().live() && outcome->changed) {
    if (auto reloaded = reload_sshd(context.machine.processes, context.within(kToolTime));
        !reloaded)
      recorder.record_finding(Severity::kDegraded,
                              std::move(reloaded.error()).with_cause(Cause::kSshdNotReloaded));
  }
  return done_if(outcome->changed, std::string("logins by password ") +
                                       (wish.password_authentication ? "allowed" : "forbidden") +
                                       " (" + wish.reason + "); " + outcome->why);
}

StepResult configure_sshd(const Context& context, const Plan& plan, Provisioning& progress,
                          Recorder& recorder) {
  if (plan.course == Course::kSpecialized || plan.course == Course::kAdopted) {
    if (progress.failure) return skipped("provisioning failed: sshd stays as it is");
    return reopen(context);
  }
  if (!plan.sshd)
    return skipped(context.config.ssh.configure_sshd ? "there is no sshd here"
                                                     : "[Ssh] ConfigureSshd=no");
  const auto wish = make_wish(plan, progress);
  auto& processes = context.machine.processes;
  auto outcome = ensure_sshd(context.root(), processes, wish, context.within(kToolTime));
  const bool refused = outcome && outcome->judged && !outcome->effective;
  if (!wish.password_authentication && (!outcome || refused) && progress.account &&
      progress.password_works)
    lock_out(context, wish.user, progress, recorder);
  return end_sshd_change(context, wish, std::move(outcome), recorder);
}

}  // namespace azl::provision
