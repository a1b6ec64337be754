// Waits in the pool of pre-provisioned VMs, and asks for what the user wants of the VM.
#pragma once

#include <string>

#include "net/link_watch.h"
#include "provision/gather/facts.h"
#include "provision/gather/media.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Blocks until the VM was moved to another network. `what` it waits for is for the report. Errors:
/// kIo.
[[nodiscard]] StepResult wait_for_switch(const Context& context, net::LinkWatch& watch,
                                         const std::string& what, Recorder& recorder);
/// Blocks until the VM shuts down: SIGTERM ends the program. Does not return.
[[noreturn]] void wait_for_shutdown(const Context& context, const std::string& what,
                                    Recorder& recorder);

/// Has networkd get a lease anew, and waits for it (live only). Errors: as wait_for_lease().
[[nodiscard]] StepResult renew_lease(const Context& context, Facts& facts, Recorder& recorder);

/// Asks until there is the document of the user, which then replaces that of the pool in `facts`
/// and `media`. Errors: as imds::poll_reprovision_data(); kPreprovisioned for a tree without
/// --imds-url.
[[nodiscard]] StepResult fetch_document(const Context& context, const std::string& what,
                                        Facts& facts, ProvisioningMedia& media, Recorder& recorder);

/// Asks IMDS again until it no longer says that the VM is in a pool, within the limit of
/// ask_imds(). An answer that says so to the end is set aside, because it describes the pool's VM.
/// Errors: as ask_imds().
[[nodiscard]] StepResult ask_imds_again(const Context& context, Facts& facts, Recorder& recorder);

}  // namespace azl::provision
