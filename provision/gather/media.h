// Finds the provisioning media and reads ovf-env.xml.
#pragma once

#include <string>

#include "base/secret.h"
#include "provision/gather/facts.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// What the media gave beside the facts.
struct ProvisioningMedia {
  Secret text = {};         ///< ovf-env.xml as it was read, for other agents after redaction
  std::string device = {};  ///< to be ejected; empty: none, or the media is for a root tree
};

/// Looks once for media at [Platform] MediaPath= or --media, else on the drives of a live machine,
/// and adds ovf-env.xml to `facts`. Returns whether there is media. Errors: those of reading the
/// media and of parse_ovf.
[[nodiscard]] Result<bool> read_ovf(const Context& context, Facts& facts, ProvisioningMedia& media);

/// Looks for media, and on a live machine once more after udev has settled.
[[nodiscard]] StepResult look_for_media(const Context& context, Facts& facts,
                                        ProvisioningMedia& media);

/// Looks for media again: for [Platform] MediaTimeout= if IMDS says hasCustomData=true, else once.
[[nodiscard]] StepResult wait_for_media(const Context& context, Facts& facts,
                                        ProvisioningMedia& media, Recorder& recorder);

}  // namespace azl::provision
