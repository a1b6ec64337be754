#include "provision/apply/password.h"

#include <utility>

#include "provision/accounts/password.h"
#include "provision/apply/tool_time.h"

namespace azl::provision {

Result<bool> lock_password(const Context& context, const std::string& user) {
  return ensure_password(context.root(), context.machine.processes, user, PasswordChange::kLocked,
                         Secret(), context.config.user.password_hash, context.within(kToolTime));
}

StepResult set_password(const Context& context, const Facts& facts, const PlannedUser& user,
                        Provisioning& progress, Recorder& recorder) {
  static const Secret kNone;
  const auto& password = facts.ovf ? facts.ovf->password : kNone;
  auto changed =
      ensure_password(context.root(), context.machine.processes, user.name, user.password, password,
                      context.config.user.password_hash, context.within(kToolTime));
  if (!changed) {
    auto error = std::move(changed.error())
                     .with_context("could not set the password of '" + user.name + "'");
    if (user.password != PasswordChange::kSet || user.keys.empty())
      return std::unexpected(std::move(error));
    recorder.record_finding(Severity::kDegraded, error);
    recorder.record().user.password = "unchanged";
    return skipped("it failed, and SSH keys are the way in: " + error.to_string());
  }
  progress.password_works = user.password == PasswordChange::kSet;
  const std::string word = progress.password_works ? "set" : "locked";
  recorder.record().user.password = word;
  return done_if(*changed, word + ": " + user.password_why);
}

StepResult lock_root(const Context& context) {
  if (!context.config.user.lock_root) return skipped("[User] LockRoot=no");
  return done_if(OR_RETURN(lock_password(context, "root")), "root cannot log in by password");
}

}  // namespace azl::provision
