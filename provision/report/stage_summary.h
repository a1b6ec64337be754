// A stage in a few JSON members, for lists.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "provision/record/record.h"

namespace azl::provision {

/// Returns name, outcome, start and duration of a stage.
[[nodiscard]] nlohmann::ordered_json summarize_stage(const StageRecord& stage);

}  // namespace azl::provision
