// How custom data ends the run of the system: after everything else, and once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/root.h"
#include "provision/custom_data/plan/item.h"
#include "provision/step/context.h"
#include "provision/step/result.h"

namespace azl::provision::custom_data {

struct Shutdown {
  PowerMode mode = PowerMode::kReboot;
  std::uint32_t minutes = 1;  ///< from now on; 0: at once
  std::string message = {};   ///< for those who are logged in; empty: that of shutdown(8)
  std::string why = {};       ///< for people: "the packages require it"
};

/// The reboot that packages require.
[[nodiscard]] Shutdown reboot_for_packages();

/// "reboot in 1 min, because the packages require it". Pure.
[[nodiscard]] std::string describe(const Shutdown& shutdown);

/// Keeps it in /run until schedule_shutdown() or a reboot, for a later run of the stage if this one
/// is killed. Errors: as Root::write.
[[nodiscard]] Result<void> keep_shutdown(const Root& root, const Shutdown& shutdown);
/// What keep_shutdown() has kept on this boot; nullopt if there is nothing that can be read.
[[nodiscard]] std::optional<Shutdown> find_kept_shutdown(const Root& root);

/// Calls shutdown(8), and forgets what was kept. The system stops the agent's service with SIGTERM
/// and waits for its end, so that the stage is recorded even if this is at once. Errors:
/// kCustomData.
[[nodiscard]] StepResult schedule_shutdown(const Context& context, const Shutdown& shutdown);

}  // namespace azl::provision::custom_data
