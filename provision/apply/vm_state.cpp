#include "provision/apply/vm_state.h"

#include <utility>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/plan/machine_id.h"

namespace azl::provision {
namespace {

/// The state of this VM: what `state` says of it, or a new one if that is about another VM.
State state_of_vm(const State& state, const std::string& vm_id) {
  State ours = imds::same_vm(state.vm_id, vm_id) ? state : State{};
  ours.vm_id = vm_id;
  return ours;
}

/// The user that is about to be made or adopted. An account that this agent made, in an interrupted
/// run or for the VM whose image this is, counts as made by it.
std::optional<RecordedUser> record_user(const Facts& facts, const Plan& plan) {
  if (!plan.user) return facts.state.user;  // a specialized VM has that of its image
  const auto* account = facts.accounts.find(plan.user->name);
  RecordedUser user{.name = plan.user->name, .made = account == nullptr};
  if (account == nullptr) return user;
  user.uid = account->uid;
  const auto& before = facts.state.user;
  user.made = before && before->name == user.name && before->made &&
              (!before->uid || before->uid == user.uid);
  return user;
}

}  // namespace

Result<void> record_beginning(const Context& context, const Facts& facts, const Plan& plan,
                              State& state) {
  State begun = state_of_vm(state, plan.vm_id);
  begun.user = record_user(facts, plan);
  begun.begun = plan.course == Course::kProvision || plan.course == Course::kSpecialized;
  // If this boot is refused or cut off, a later boot must renew the machine id. It then no longer
  // sees the record that shows whose id it is, so this state keeps the id.
  const bool due = plan.course == Course::kRefused && decide_machine_id(facts).yes;
  if (plan.machine_id.yes || due) begun.stale_machine_id = facts.machine_id;
  OR_RETURN(save_state(context.root(), begun));
  state = std::move(begun);
  return {};
}

StepResult remember(const Context& context, const Facts& facts, const Plan& plan,
                    const Provisioning& progress, bool degraded, const std::string& boot_id,
                    State& state) {
  // Everything else reaches the disk first: after a power cut in between, it is done again.
  OR_RETURN(context.root().sync());
  const auto now = iso8601(context.machine.clock.wall());
  const bool adopted = plan.course == Course::kAdopted;
  State ours = state_of_vm(state, plan.vm_id);
  ours.begun = false;
  const auto* imds = facts.instance();
  if (facts.left_pool && imds != nullptr && imds::speaks_for_other_vm(imds->vm_id, plan.vm_id))
    ours.next_vm_id = lower(imds->vm_id);
  if (ours.user && progress.account) ours.user->uid = progress.account->uid;
  ours.host_name = progress.host_name;
  ours.machine_id = progress.machine_id.empty() ? facts.machine_id : progress.machine_id;
  ours.stale_machine_id.clear();
  // Without our mark WALinuxAgent would provision the VM once more, and report it.
  ours.guest_agent = progress.handed_over && (adopted || plan.guest_agent.yes);
  ours.provisioned = Provisioned{.at = now,
                                 .by = adopted ? facts.provisioned_by->name : "azl-provision",
                                 .boot_id = boot_id,
                                 .degraded = degraded,
                                 .specialized = plan.course == Course::kSpecialized};
  ours.untold.reset();
  // If the state was lost, the record that names the VM may be the one that this agent left for
  // WALinuxAgent. To tell Ready twice does no harm.
  if (adopted && !facts.state_unreadable) {
    ours.reported = Reported{.at = now, .protocol = facts.provisioned_by->name, .ready = true};
  } else {
    ours.untold = Untold{.vm_id = plan.vm_id, .ready = true, .description = {}};
  }
  OR_RETURN(save_state(context.root(), ours));
  state = std::move(ours);
  return done("VM " + plan.vm_id + " is provisioned");
}

}  // namespace azl::provision
