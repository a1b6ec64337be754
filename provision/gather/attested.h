// Asks which VM Azure attests that this is, for the record. No decision rests on it: the document
// names neither the user nor the keys.
#pragma once

#include "base/error.h"
#include "base/root.h"
#include "imds/attested/verify.h"
#include "provision/config/config.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// Leaves the question to stage report, which no login waits for: azl-provision-report.service
/// starts if this has been called.
[[nodiscard]] StepResult leave_attested(const Context& context);
/// Whether it was left to stage report on this boot, and not done yet.
[[nodiscard]] bool is_attested_due(const Root& root);

/// Reads the system's roots, and the files of the directory of intermediate certificates. What
/// cannot be read is missing.
[[nodiscard]] imds::TrustedCertificates read_trusted_certificates(const Root& root,
                                                                  const ImdsConfig& config);

/// Asks IMDS for the document, checks it, and records the result. A document that contradicts the
/// VM is a warning; one that cannot be verified is not.
[[nodiscard]] StepResult check_attested(const Context& context, const State& state,
                                        Recorder& recorder);

}  // namespace azl::provision
