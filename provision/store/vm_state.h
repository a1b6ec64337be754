// What is remembered of the VM between boots: /var/lib/azl-provision/state.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "imds/goal_state.h"

namespace azl::provision {

inline constexpr std::string_view kStateDirectory = "/var/lib/azl-provision";
inline constexpr std::string_view kStateFile = "/var/lib/azl-provision/state.json";

/// The VM was provisioned. Kept apart from Reported, because a Ready that could not be delivered is
/// delivered later.
struct Provisioned {
  std::string at;       ///< ISO 8601
  std::string by;       ///< "azl-provision", or the name of the agent whose work was adopted
  std::string boot_id;  ///< the boot that provisioned it
  bool degraded = false;
  bool specialized = false;
};

/// The platform was told.
struct Reported {
  std::string at;        ///< ISO 8601
  std::string protocol;  ///< "json", "xml", or the other agent's name
  bool ready = true;
};

/// What the platform has still to be told.
struct Untold {
  std::string vm_id = {};  ///< the VM that it is about, which may differ from State::vm_id
  bool ready = true;
  std::string description;  ///< of a failure
};

/// The admin user that this agent made or found.
struct RecordedUser {
  std::string name;
  std::optional<std::uint32_t> uid = {};  ///< nullopt: making the user has not ended yet
  bool made = false;  ///< this agent made the account, for this VM or for one whose image this is
  bool operator==(const RecordedUser&) const = default;
};

/// Nothing is remembered of a VM if vm_id is empty, but there may be a message.
struct State {
  std::string vm_id;
  std::string next_vm_id = {};  ///< of a VM that left its pool: the id that IMDS gave, if it is
                                ///< another; the firmware may give it on a later boot
  bool begun = false;  ///< this agent began to provision this VM, so files of other agents that
                       ///< name it may be its own
  bool host_keys_made = false;
  std::vector<std::string> missing_host_keys = {};  ///< types that a later boot has to make
  std::string machine_id;        ///< the machine id of this VM, from its next boot on
  std::string stale_machine_id;  ///< another VM's, found in the image and still to be renewed;
                                 ///< empty: none
  bool guest_agent = false;      ///< WALinuxAgent may start once the platform was told
  std::string host_name = {};    ///< that the VM was given; empty: none
  std::optional<RecordedUser> user = {};
  std::optional<Provisioned> provisioned;
  std::optional<Reported> reported;
  std::optional<Untold> untold;

  /// Takes over next_vm_id if that is the VM id now. Returns whether it was.
  bool take_next_id(std::string_view this_vm);
  /// Drops a message that is about another VM.
  void forget_untold_of_others(std::string_view this_vm);
};

/// Errors: kState, also for another schema version. Pure.
[[nodiscard]] Result<State> parse_state(std::string_view json);
[[nodiscard]] std::string to_json(const State& state);

/// Returns an empty state if there is no file. Errors: kState, kIo.
[[nodiscard]] Result<State> load_state(const Root& root);
/// Writes the file atomically, with mode 0644, because nothing in it is secret. Errors: kDiskFull,
/// kReadOnly, kIo.
[[nodiscard]] Result<void> save_state(const Root& root, const State& state);

}  // namespace azl::provision
