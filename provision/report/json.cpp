#include "provision/report/json.h"

#include <array>
#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "provision/report/status.h"

namespace azl::provision {

std::string to_json(const ReportInputs& inputs, const ReportChoice& choice) {
  using Json = nlohmann::ordered_json;
  const auto status = decide_status(inputs);
  // By exit status.
  constexpr std::array<std::string_view, 5> kOutcomes = {"ready", "failed", "degraded", "not-here",
                                                         "in-progress"};
  Json json = {{"schema_version", 1},
               {"outcome", kOutcomes.at(static_cast<std::size_t>(status.exit_status))},
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
