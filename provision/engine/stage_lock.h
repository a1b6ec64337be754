// One run of a stage at a time.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/root.h"
#include "provision/record/words.h"
#include "provision/step/context.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Waits, for 65 min at most, until no other run of the stage holds its lock, and says so on
/// stderr. Stage close takes the main stage's lock, because it runs only after a main stage that
/// was killed. The lock goes with the descriptor, so a killed run blocks nobody. Does not wait for
/// a process that started this one, which would wait in turn. Errors: kLocked, kIo.
[[nodiscard]] Result<UniqueFd> lock_stage(const Root& root, Stage stage, Clock& clock);

/// Takes the locks of all stages that have run on this boot, without waiting, so that none of them
/// begins while the descriptors are open. Errors: kLocked with the stage that runs and its process;
/// kIo.
[[nodiscard]] Result<std::vector<UniqueFd>> hold_stages(const Root& root);

/// Whether a run of the stage started this program, directly or through others, and waits for its
/// end. False also if only root can read who holds the lock.
[[nodiscard]] bool is_started_by_stage(const Root& root, Stage stage);

/// Waits, without a limit, until no run of another stage holds its lock.
[[nodiscard]] StepResult wait_for_stage(const Context& context, Stage stage);

}  // namespace azl::provision
