#include "provision/apply/user.h"

#include <string>

#include "base/text.h"
#include "provision/accounts/user.h"
#include "provision/apply/tool_time.h"

namespace azl::provision {

StepResult make_user(const Context& context, const Facts& facts, const PlannedUser& user,
                     Provisioning& progress, Recorder& recorder) {
  const bool existed = facts.accounts.find(user.name) != nullptr;
  progress.account = OR_RETURN(ensure_user(context.root(), context.machine.processes,
                                           {.name = user.name,
                                            .comment = "Azure administrator",
                                            .shell = user.shell,
                                            .groups = user.groups},
                                           context.within(kToolTime)),
                               "could not create user '" + user.name + "'");
  recorder.record().user.name = user.name;
  recorder.record().user.groups = user.groups;
  return done(std::string(existed ? "adopted" : "created") + " '" + user.name + "' (" + user.why +
              "), uid " + std::to_string(progress.account->uid) +
              (user.groups.empty() ? ", in no further groups" : ", in " + join(user.groups, ", ")));
}

}  // namespace azl::provision
