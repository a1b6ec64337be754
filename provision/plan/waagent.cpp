#include "provision/plan/waagent.h"

namespace azl::provision {

Choice decide_waagent(const Facts& facts) {
  if (facts.ovf && facts.ovf->provision_guest_agent == false)
    return {false, "ProvisionGuestAgent=false in ovf-env.xml"};
  return {true, "the platform does not forbid it"};
}

}  // namespace azl::provision
