#include "provision/apply/sudo.h"

#include "provision/accounts/sudoers.h"
#include "provision/apply/tool_time.h"

namespace azl::provision {

StepResult allow_sudo(const Context& context, const Facts& facts, const PlannedUser& user,
                      const Provisioning& progress) {
  if (!facts.has_sudo) return skipped("there is no /etc/sudoers.d");
  const bool changed =
      OR_RETURN(ensure_sudoers(context.root(), context.machine.processes, *progress.account,
                               user.sudo, context.within(kToolTime)));
  return done_if(changed, user.sudo == SudoRule::kNone ? "no entry, as configured"
                                                       : "/etc/sudoers.d/90-azl-provision");
}

}  // namespace azl::provision
