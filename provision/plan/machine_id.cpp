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
  if (facts.is_recorded_vm()) return {false, "no record shows that it belongs to another VM"};
  // Without a state, only other agents' records can say whose image this is. They do not
  // contain a machine id, so an id that systemd made on this boot must be distinguished from the
  // image's.
  if (facts.state.vm_id.empty()) {
    if (!facts.earlier_record) return {false, "no record shows that it belongs to another VM"};
    if (facts.machine_id_is_new) return {false, "systemd made it on this boot"};
    return renew("another VM, according to " + facts.earlier_record->record + " of " +
                 facts.earlier_record->name);
  }
  if (facts.state.machine_id != facts.machine_id)
    return {false, "it is not the one recorded for VM " + facts.state.vm_id};
  return renew("VM " + facts.state.vm_id);
}

}  // namespace azl::provision
