#include "provision/custom_data/run/stored_endings.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "provision/custom_data/run/stored_json.h"

namespace azl::provision::custom_data {
namespace {

using nlohmann::json;

Result<ChangePower> read_power(const json& action) {
  ChangePower power{.minutes = static_cast<std::uint32_t>(number_member(action, "minutes", 1)),
                    .message = OR_RETURN(read_bytes(action, "message")),
                    .condition = Secret(OR_RETURN(read_bytes(action, "condition")))};
  const auto word = text_member(action, "mode");
  for (const auto mode : {PowerMode::kReboot, PowerMode::kPoweroff, PowerMode::kHalt}) {
    power.mode = mode;
    if (word == to_string(mode)) return power;
  }
  return damaged("a mode of shutdown is unknown");
}

}  // namespace

json to_json(const PrintMessage& message) {
  return {{"kind", "print-message"}, {"text", base64_encode(message.text.reveal())}};
}

json to_json(const ChangePower& power) {
  return {{"kind", "change-power"},
          {"mode", to_string(power.mode)},
          {"minutes", power.minutes},
          {"message", base64_encode(power.message)},
          {"condition", base64_encode(power.condition.reveal())}};
}

Result<std::optional<Action>> read_ending_action(const json& action) {
  const auto kind = text_member(action, "kind");
  if (kind == "print-message")
    return PrintMessage{.text = Secret(OR_RETURN(read_bytes(action, "text")))};
  if (kind == "change-power") return OR_RETURN(read_power(action));
  return std::nullopt;
}

}  // namespace azl::provision::custom_data
