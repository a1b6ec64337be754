// What is remembered between boots, keyed by VM id: /var/lib/azl-provision/state.json.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "imds/goal_state.h"

namespace azl::provision {

inline constexpr std::string_view kStateDirectory = "/var/lib/azl-provision";
inline constexpr std::string_view kStateFile = "/var/lib/azl-provision/state.json";

/// That this VM was provisioned. Separate from Reported: a Ready that could not be delivered is
/// delivered later.
struct Provisioned {
  std::string at;       ///< ISO 8601
  std::string by;       ///< "azl-provision", or the agent whose work was adopted
  std::string boot_id;  ///< the boot on which it happened
  bool degraded = false;
  bool specialized = false;
};

/// That the platform was told.
struct Reported {
  std::string at;        ///< ISO 8601
  std::string protocol;  ///< "json", "xml", or the other agent's name
  bool ready = true;
};

/// What the platform has still to be told.
struct Untold {
  std::string vm_id = {};  ///< whose it is: perhaps not the one of which the rest is known
  bool ready = true;
  std::string description;  ///< of a failure
};

/// Empty vm_id: nothing recorded.
struct State {
  std::string vm_id;
  bool begun = false;  ///< this agent began to provision this VM id: files of other agents that
                       ///< name it may be ours
  bool host_keys_made = false;
  std::string machine_id;        ///< the machine id that this VM has (from its next boot on)
  std::string stale_machine_id;  ///< another VM's, which the image carries and which is to be
                                 ///< renewed; else empty
  bool guest_agent = false;      ///< WALinuxAgent may start once the platform was told
  std::optional<Provisioned> provisioned;
  std::optional<Reported> reported;
  std::optional<Untold> untold;

  /// Drops what was to be told of another VM than this one.
  void forget_untold_of_others(std::string_view this_vm);
};

/// Pure. A document of another schema version, or none, is kState.
[[nodiscard]] Result<State> parse_state(std::string_view json);
[[nodiscard]] std::string to_json(const State& state);

/// Reads it; an absent file is an empty state. Errors: kState, kIo.
[[nodiscard]] Result<State> load_state(const Root& root);
/// Writes it atomically (0644: nothing in it is secret). Errors: kDiskFull, kReadOnly, kIo.
[[nodiscard]] Result<void> save_state(const Root& root, const State& state);

}  // namespace azl::provision
