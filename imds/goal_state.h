// The WireServer's documents: goal state in, health report out.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::imds {

/// What a health report must name.
struct GoalState {
  std::string incarnation;
  std::string container_id;
  std::string instance_id;
};

/// Longest goal state that is read, in bytes.
inline constexpr std::size_t kGoalStateLimit = 1 << 20;

/// Parses any bytes. Of several role instances the first counts. Errors: kWireServer (not XML, a
/// DTD, a part missing, empty, over 256 bytes or with control characters).
[[nodiscard]] Result<GoalState> parse_goal_state(std::string_view xml);

/// What the platform is told.
enum class Health { kReady, kProvisioningFailed };

/// Longest description in characters, before escaping; the host's limit is 4,096 bytes after it.
inline constexpr std::size_t kDescriptionLimit = 512;

/// The XML of POST /machine/?comp=health. `description` is used for a failure only: its first
/// kDescriptionLimit characters, invalid UTF-8 and what XML does not allow replaced by spaces.
[[nodiscard]] std::string health_xml(const GoalState& goal, Health health,
                                     std::string_view description);
/// The JSON of POST /provisioning/health, with the same first characters.
[[nodiscard]] std::string health_json(Health health, std::string_view description);

}  // namespace azl::imds
