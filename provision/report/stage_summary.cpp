#include "provision/report/stage_summary.h"

#include <nlohmann/json.hpp>

namespace azl::provision {

nlohmann::ordered_json summarize_stage(const StageRecord& stage) {
  return {{"stage", to_string(stage.stage)},
          {"outcome", to_string(stage.outcome)},
          {"started", stage.started},
          {"took_us", stage.took_us}};
}

}  // namespace azl::provision
