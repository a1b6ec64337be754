#include "provision/apply/sudo.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/accounts/sudo_leftovers.h"
#include "provision/accounts/sudoers.h"
#include "provision/accounts/sudoers_files.h"
#include "provision/apply/tool_time.h"
#include "provision/plan/sudo.h"

namespace azl::provision {
namespace {

Result<SudoUser> read_sudo_user(const Root& root, const Account& account) {
  SudoUser user{.name = account.name, .uid = account.uid};
  const AccountFacts facts = OR_RETURN(read_accounts(root));
  for (const Group& group : facts.groups) {
    if (group.gid != account.gid &&
        std::ranges::find(group.members, account.name) == group.members.end())
      continue;
    user.groups.push_back(group.name);
    user.gids.push_back(group.gid);
  }
  return user;
}

/// Finds out whether the user can become root.
Result<SudoVerdict> check_access(const Context& context, const Account& account, SudoRule rule) {
  std::optional<SudoAnswer> answer;
  if (context.root().live()) {
    answer = OR_RETURN(ask_sudo(context.machine.processes, account.name, context.within(kToolTime)),
                       "asking sudo whether user '" + account.name + "' can become root");
  }
  const auto user = OR_RETURN(read_sudo_user(context.root(), account));
  SudoersFiles files;
  if (!answer || !is_enough(answer->access, rule)) files = OR_RETURN(read_sudoers(context.root()));
  return judge_sudo(user, rule, files, answer);
}

}  // namespace

StepResult allow_sudo(const Context& context, const Facts& facts, const PlannedUser& user,
                      const Provisioning& progress, Recorder& recorder) {
  if (!facts.has_sudo) return skipped("there is no /etc/sudoers.d");
  const Account& account = *progress.account;
  auto& processes = context.machine.processes;
  bool changed = OR_RETURN(
      ensure_sudoers(context.root(), processes, account, user.sudo, context.within(kToolTime)));
  std::vector<std::string> done = {user.sudo == SudoRule::kNone ? "no sudo rule, as configured"
                                                                : std::string(kSudoersFile)};
  const auto removed = remove_agent_rules(context.root(), processes, account.name, user.sudo,
                                          context.within(kToolTime));
  if (removed) {
    changed = changed || !removed->empty();
    done.insert(done.end(), removed->begin(), removed->end());
  } else {
    recorder.record_finding(Severity::kDegraded, removed.error());
  }
  if (user.sudo != SudoRule::kNone) {
    const auto verdict = check_access(context, account, user.sudo);
    const Error* problem =
        verdict ? (verdict->problem ? &*verdict->problem : nullptr) : &verdict.error();
    if (problem != nullptr) recorder.record_finding(Severity::kDegraded, *problem);
    if (user.sudo == SudoRule::kPassword && !progress.password_works && verdict &&
        verdict->access == RootAccess::kWithPassword) {
      recorder.record_finding(
          Severity::kNote,
          Error(Cause::kSudoNeedsPassword, "[User] Sudo=password: sudo asks user '" + account.name +
                                               "' for a password, but the user has none"));
    }
    if (verdict && !verdict->why.empty()) done.push_back(verdict->why);
  }
  return done_if(changed, join(done, "; "));
}

}  // namespace azl::provision
