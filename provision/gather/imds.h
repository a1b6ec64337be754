// Asks the metadata service.
#pragma once

#include <string>

#include "base/error.h"
#include "imds/instance_client.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Returns the URL of IMDS: the configured one, or the platform's own. Empty for a root tree that
/// was given none.
[[nodiscard]] std::string imds_url_of(const Context& context);

/// Asks azure-proxy-agent whether it is ready, and lets it wait for that for two minutes. Returns
/// kProxyAgent if the program is missing, fails, or does not answer in time.
[[nodiscard]] Result<void> ask_proxy_agent(Processes& processes, Clock& clock);
/// Does so if the media says ProvisionGuestProxyAgent=true (live only), before the first
/// request to IMDS.
[[nodiscard]] StepResult wait_for_proxy_agent(const Context& context, Facts& facts);

/// Adds an answer of IMDS to the facts. If it speaks for another VM, it becomes `imds_error`
/// instead, unless [Imds] OtherVm=use or the VM has left its pool: none of its values may be used.
/// Returns that error. Pure.
[[nodiscard]] Result<void> take_imds_answer(imds::ImdsAnswer answer, const ImdsConfig& config,
                                            Facts& facts);

/// Fetches the instance document within [Imds] Timeout=, or TimeoutWithMedia= if media was read.
/// Skipped without a lease or proxy agent. A root tree has no metadata service; --imds-url
/// gives it one.
[[nodiscard]] StepResult ask_imds(const Context& context, Facts& facts, Recorder& recorder);

}  // namespace azl::provision
