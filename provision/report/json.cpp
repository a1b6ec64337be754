#include "provision/report/json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "provision/report/status.h"

namespace azl::provision {

std::string to_json(const ReportInputs& inputs, const ReportChoice& choice) {
  using Json = nlohmann::ordered_json;
  const auto status = decide_status(inputs);
  Json json = {{"schema_version", 1},
               {"outcome", outcome_word(status.exit_status)},
               {"summary", status.sentence},
               {"vm_id", inputs.vm_id},
               {"boot_id", choice.boot != nullptr ? choice.boot->boot_id : inputs.boot_id},
               {"earlier_boot", choice.earlier},
               {"unseen", inputs.unseen},
               {"state", inputs.state.vm_id.empty() ? Json() : Json::parse(to_json(inputs.state))},
               {"stages", Json::array()}};
  if (choice.boot != nullptr) {
    for (const auto& stage : choice.boot->stages)
      json["stages"].push_back(Json::parse(to_json(stage)));
  }
  return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace azl::provision
