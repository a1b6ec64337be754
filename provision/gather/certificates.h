// Fetches the certificates by which the media names SSH keys.
#pragma once

#include "provision/gather/facts.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Asks the WireServer for the VM's certificates, within imds::kCertificatesTimeout, and adds them
/// or the error to the facts. Only the public part is kept. A root tree has no WireServer;
/// --wireserver-url gives it one.
[[nodiscard]] StepResult fetch_key_certificates(const Context& context, Facts& facts,
                                                Recorder& recorder);

}  // namespace azl::provision
