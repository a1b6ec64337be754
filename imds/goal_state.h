// The WireServer's documents: goal states are read, health reports are written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::imds {

/// The identifiers that a health report must contain, and what else is used.
struct GoalState {
  std::string incarnation;
  std::string container_id;
  std::string instance_id;
  /// Configuration/Certificates, an absolute URL of the WireServer. nullopt: the VM has no
  /// certificates. Empty: over 2,048 bytes, or with control characters.
  std::optional<std::string> certificates_url = {};
};

/// Longest goal state that is read, in bytes.
inline constexpr std::size_t kGoalStateLimit = 1 << 20;

/// Parses any bytes. The first of several role instances counts. Errors: kWireServer (not XML; has
/// a DTD; or an identifier is missing, empty, over 256 bytes, or has control characters).
[[nodiscard]] Result<GoalState> parse_goal_state(std::string_view xml);

/// What is reported to the platform.
enum class Health { kReady, kProvisioningFailed };

/// Longest description in characters before escaping. The host's limit is 4,096 bytes after it.
inline constexpr std::size_t kDescriptionLimit = 512;

/// Returns the XML of POST /machine/?comp=health. For a failure it has the first kDescriptionLimit
/// characters of `description`, in which spaces replace invalid UTF-8 and characters that XML does
/// not allow.
[[nodiscard]] std::string health_xml(const GoalState& goal, Health health,
                                     std::string_view description);
/// Returns the JSON of POST /provisioning/health, with as many characters of `description`.
[[nodiscard]] std::string health_json(Health health, std::string_view description);

}  // namespace azl::imds
