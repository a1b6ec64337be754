#include "provision/apply/login.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "provision/accounts/databases.h"
#include "provision/accounts/sshd.h"
#include "provision/accounts/sshd_settings.h"
#include "provision/apply/tool_time.h"
#include "provision/plan/login.h"

namespace azl::provision {
namespace {

/// Whether sshd will accept passwords after the step that configures it.
bool will_accept_passwords(const Plan& plan, const SshdAnswer& answer) {
  return plan.sshd ? plan.sshd->password_authentication
                   : answer.password || answer.keyboard_interactive;
}

/// Whether the password is locked as usermod --lock does it.
bool has_locked_password(const Root& root, const std::string& user) {
  const auto field = password_field(root, user);
  return field && *field && (*field)->reveal().starts_with('!');
}

}  // namespace

StepResult ask_about_login(const Context& context, const Facts& facts, const Plan& plan,
                           Provisioning& progress, Recorder& recorder) {
  if (!facts.has_sshd) return skipped("there is no sshd here");
  const Account& account = *progress.account;
  auto answer =
      ask_sshd(context.root(), context.machine.processes, account.name, context.within(kToolTime));
  if (!answer) {
    if (context.config.ssh.require_login) {
      return fail(std::move(answer.error()), "it is not known whether '" + account.name +
                                                 "' can log in ([Ssh] RequireLogin=yes)");
    }
    return skipped("sshd could not be asked: " + answer.error().to_string());
  }
  const auto settings = read_sshd_settings(context.root());
  Findings findings;
  judge_login({.answer = *answer,
               .settings = settings,
               .account = account,
               .groups = groups_of(context.root(), account).value_or(std::vector<std::string>()),
               .keys = plan.user->keys,
               .password = progress.password_works && will_accept_passwords(plan, *answer),
               .locked = has_locked_password(context.root(), account.name),
               .required = context.config.ssh.require_login,
               .knows_accounts = context.root().live()},
              findings);
  progress.sshd = std::move(*answer);

  std::optional<Error> fatal;
  std::size_t obstacles = 0;
  for (auto& [severity, error] : findings) {
    if (severity != Severity::kNote) ++obstacles;
    if (severity == Severity::kFatal && !fatal) {
      fatal = std::move(error);
    } else {
      // A second fatal one is recorded beside the first, which ends the step.
      recorder.record_finding(severity == Severity::kFatal ? Severity::kDegraded : severity, error);
    }
  }
  if (fatal) return std::unexpected(std::move(*fatal));
  return StepEnd{StepOutcome::kUnchanged,
                 obstacles == 0 ? "sshd lets '" + account.name + "' log in"
                                : "sshd limits how '" + account.name + "' can log in"};
}

}  // namespace azl::provision
