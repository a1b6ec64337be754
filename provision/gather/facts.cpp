#include "provision/gather/facts.h"

#include <algorithm>

namespace azl::provision {

bool Facts::has_shell(const std::string& shell) const {
  return std::ranges::find(missing_shells, shell) == missing_shells.end();
}

bool Facts::can_run_shell(const std::string& shell) const {
  return has_shell(shell) && std::ranges::find(unrunnable_shells, shell) == unrunnable_shells.end();
}

bool Facts::is_recorded_vm() const {
  return !state.vm_id.empty() && imds::same_vm(state.vm_id, identity.vm_id);
}

bool is_other_agents(const Facts& facts) {
  return facts.provisioned_by && !(facts.state.begun && facts.is_recorded_vm());
}

bool was_another_vm(const Facts& facts) {
  return (!facts.state.vm_id.empty() && !facts.is_recorded_vm()) || facts.earlier_record;
}

bool is_lived_in(const Facts& facts) {
  const AccountFacts& known = facts.accounts;
  return was_another_vm(facts) || facts.root_can_log_in ||
         std::ranges::any_of(known.accounts, [&known](const Account& account) {
           return account.uid >= known.uid_min && account.uid <= known.uid_max;
         });
}

}  // namespace azl::provision
