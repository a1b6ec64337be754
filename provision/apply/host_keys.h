// Gives the machine SSH host keys of its own.
#pragma once

#include <memory>

#include "provision/accounts/host_keys.h"
#include "provision/gather/facts.h"
#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// Starts making host keys if they may be due, while the network comes up. Sets `job`.
[[nodiscard]] StepResult begin_host_keys(const Context& context, Facts& facts,
                                         std::unique_ptr<HostKeyJob>& job);

/// Installs the keys if the plan says so, and remembers it in `state`, also after a failure: the
/// next boot of this VM must not replace keys that clients have seen. Makes them now if `job` is
/// null. Ends `job`. Each key that cannot be made is a finding, and `state` remembers its type.
[[nodiscard]] StepResult put_host_keys(const Context& context, const Plan& plan,
                                       std::unique_ptr<HostKeyJob>& job, State& state,
                                       Recorder& recorder);

/// On a later boot: makes the keys that put_host_keys() could not make, for example on a full disk,
/// and leaves all others as they are.
[[nodiscard]] StepResult add_missing_host_keys(const Context& context, State& state,
                                               Recorder& recorder);

}  // namespace azl::provision
