#include "provision/plan/machine_id.h"

#include <string>

namespace azl::provision {

Choice decide_machine_id(const Facts& facts) {
  if (facts.machine_id.empty()) return {false, "the image has none; systemd makes one"};
  const auto renew = [](const std::string& vm) {
    return Choice{true,
                  "the image has the one of " + vm + "; the new one takes effect at the next boot"};
  };
  if (facts.is_recorded_vm() && facts.state.stale_machine_id == facts.machine_id)
    return renew("another VM");
  if (facts.state.vm_id.empty() || facts.is_recorded_vm())
    return {false, "no record shows that it belongs to another VM"};
  if (facts.state.machine_id != facts.machine_id)
    return {false, "it is not the one recorded for VM " + facts.state.vm_id};
  return renew("VM " + facts.state.vm_id);
}

}  // namespace azl::provision
