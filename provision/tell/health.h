// Tells the platform Ready or NotReady, and remembers what could not be told.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "imds/retry.h"
#include "imds/wireserver.h"
#include "provision/gather/facts.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// What the WireServer is told.
struct HealthMessage {
  bool ready = true;
  std::string description = {};  ///< of a failure
};
/// Sends a message to the WireServer at `url`, and adds its requests to `attempts`.
using SendHealth =
    std::function<Result<imds::Told>(const std::string& url, imds::AttemptLog& attempts)>;
/// Sends a message, and records it with its requests. Returns nullopt if the machine is a root tree
/// that was given no platform. Errors: as `send`.
[[nodiscard]] Result<std::optional<imds::Told>> tell_wireserver(const Context& context,
                                                                const Facts& facts,
                                                                const HealthMessage& message,
                                                                const SendHealth& send,
                                                                Recorder& recorder);
/// The reason of a step that tells nobody.
inline constexpr std::string_view kNoPlatform =
    "a root tree has no platform to tell; --wireserver-url gives it one";

/// Tells this boot's outcome, else what an earlier stage could not tell, for `how_long` at most.
/// What cannot be told is remembered in `state` as untold, and azl-provision-report.service goes
/// on.
[[nodiscard]] StepResult tell_health(const Context& context, const Facts& facts,
                                     const Provisioning& progress, Duration how_long, State& state,
                                     Recorder& recorder);

/// For a VM that was provisioned on an earlier boot: has azl-provision-report.service tell what is
/// still untold, so that no login waits for it.
[[nodiscard]] StepResult leave_to_report_stage(const Context& context, const State& state,
                                               Recorder& recorder);

}  // namespace azl::provision
