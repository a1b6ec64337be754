#include "provision/plan/course.h"

#include "provision/plan/user.h"

namespace azl::provision {
namespace {

/// Whether this is a used disk with a new VM id and no user to make. docs/architecture.md, rule 11.
/// Media that cannot be read, or a user name in IMDS that cannot, may have named a user.
bool is_specialized(const Facts& facts) {
  const auto* imds = facts.instance();
  return !facts.ovf && !facts.ovf_error && imds != nullptr && !imds->user_unreadable &&
         find_user_name(facts).value.empty() && is_lived_in(facts);
}

std::string describe_provisioning(const Facts& facts) {
  if (facts.state.vm_id.empty()) return "no VM was provisioned here before";
  if (facts.is_recorded_vm())
    return "an earlier boot began to provision this VM, but did not finish";
  return "the VM id is new; the last one was " + facts.state.vm_id;
}

}  // namespace

std::optional<PlannedCourse> decide_course_by_records(const Facts& facts) {
  if (facts.is_provisioned()) {
    return PlannedCourse{Course::kDone, "this VM was provisioned at " +
                                            facts.state.provisioned->at + " by " +
                                            facts.state.provisioned->by};
  }
  if (is_other_agents(facts)) {
    return PlannedCourse{Course::kAdopted, facts.provisioned_by->name +
                                               " provisioned this VM, according to " +
                                               facts.provisioned_by->record};
  }
  return std::nullopt;
}

PlannedCourse decide_course_by_sources(const Facts& facts, const Error* fatal) {
  if (fatal != nullptr) {
    return {Course::kRefused,
            "provisioning stopped; password logins stay off: " + fatal->to_string()};
  }
  if (is_specialized(facts)) {
    return {Course::kSpecialized,
            "the VM id is new, there is no media, and IMDS names no user: this is a specialized "
            "image or a restored disk"};
  }
  return {Course::kProvision, describe_provisioning(facts)};
}

}  // namespace azl::provision
