#include "provision/apply/media.h"

#include "disk/provisioning_media.h"

namespace azl::provision {

StepResult eject_media(const Facts& facts, const ProvisioningMedia& media, const State& state) {
  if (media.device.empty()) return skipped("the media is not in a drive");
  if (state.untold) return skipped("the platform has not been told yet");
  OR_RETURN(disk::eject({.where = facts.ovf_source, .device = media.device, .ovf = {}}));
  return done(media.device);
}

}  // namespace azl::provision
