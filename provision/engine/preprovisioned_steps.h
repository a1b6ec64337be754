// The steps of a pre-provisioned VM, from the pool to its user.
#pragma once

#include "provision/engine/run_data.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Reads what an earlier boot left of its stay in the pool. If that cannot be read, the platform
/// counts as told: telling it twice could make it take an unfinished VM for ready.
void take_pool_marker(StageRun& run);

/// Decides what the VM waits for. If no boot has told the platform yet: begins to follow the links,
/// tells it Ready for the pool, and remembers that.
[[nodiscard]] StepResult enter_pool(StageRun& run);
/// Blocks until the platform takes the VM from its pool. A tree has no links to follow.
[[nodiscard]] StepResult wait_in_pool(StageRun& run);
/// Gets a lease in the network of the user.
[[nodiscard]] StepResult renew_lease_of_pool(StageRun& run);
/// Asks until IMDS gives the document of the user.
[[nodiscard]] StepResult fetch_user_document(StageRun& run);
/// Begins to make host keys, waits for the metadata proxy agent if the user requires it, and asks
/// IMDS once more, now about the VM of the user.
[[nodiscard]] StepResult ask_imds_of_user(StageRun& run);

/// Removes the marker, once the state says that the VM is provisioned. A failure is a note: no
/// later boot of this VM reads the marker.
void forget_pool(StageRun& run);

}  // namespace azl::provision
