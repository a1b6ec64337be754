#include "provision/apply/user.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "provision/apply/tool_time.h"

namespace azl::provision {

std::string describe_home(const Account& account, const ClaimedHome& home) {
  if (!home.changed) return {};
  return "; the home '" + printable(account.home) + "' " + home.why + ", and now belongs to '" +
         account.name + "'";
}

void record_home(const Account& account, const ClaimedHome& home, Recorder& recorder) {
  const std::string name = "the home '" + printable(account.home) + "'";
  if (!home.set_aside.empty()) {
    recorder.record_finding(
        Severity::kDegraded,
        Error(Cause::kHomeFilesSetAside,
              "files in " + name +
                  " may have let its former owner log in or run commands, and were "
                  "renamed to " +
                  printable(join(home.set_aside, ", "), 1000)));
  }
  if (home.taken && home.taken->left > 0) {
    recorder.record_finding(
        Severity::kDegraded,
        Error(Cause::kHomePartlyTaken, std::to_string(home.taken->left) + " entries of " + name +
                                           " still belong to its former owner (uid " +
                                           std::to_string(home.taken->former) +
                                           "): " + home.taken->first_left));
  }
}

std::string describe_copied(const std::vector<Group>& copied) {
  std::string text;
  for (const Group& group : copied)
    text += "; copied group " + group.name + " from " + group.outside + " to /etc/group";
  return text;
}

StepResult make_user(const Context& context, const Facts& facts, const PlannedUser& user,
                     Provisioning& progress, Recorder& recorder) {
  const bool existed = facts.accounts.find(user.name) != nullptr;
  const auto made = OR_RETURN(ensure_user(context.root(), context.machine.processes,
                                          {.name = user.name,
                                           .comment = "Azure administrator",
                                           .shell = user.shell,
                                           .groups = user.groups},
                                          context.within(kToolTime)),
                              "could not create user '" + user.name + "'");
  progress.account = made.account;
  recorder.record().user.name = user.name;
  recorder.record().user.groups = user.groups;
  record_home(made.account, made.home, recorder);
  return done(std::string(existed ? "adopted" : "created") + " '" + user.name + "' (" + user.why +
              "), uid " + std::to_string(made.account.uid) +
              (user.groups.empty() ? ", in no further groups" : ", in " + join(user.groups, ", ")) +
              describe_copied(made.copied) + describe_home(made.account, made.home));
}

}  // namespace azl::provision
