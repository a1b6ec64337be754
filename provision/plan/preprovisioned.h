// What a pre-provisioned VM (PPS) waits for in its pool. Pure.
#pragma once

#include <string>
#include <string_view>

#include "provision/gather/facts.h"

namespace azl::provision {

/// How the platform takes a VM from its pool and gives it to its user.
enum class PoolType {
  kNone,     ///< the VM is in no pool
  kRunning,  ///< it moves the running VM's NIC to another network
  kSavable,  ///< it removes the NIC, may save the VM, and attaches another NIC
  kOsDisk,   ///< it shuts the VM down, and makes the user's VM of the OS disk
  kUnknown,  ///< a type that this version does not know
};
/// "" and "None" are kNone; any other text that is no type is kUnknown.
[[nodiscard]] PoolType parse_pool_type(std::string_view text);

/// What ends the wait in the pool.
enum class PoolWait {
  kNothing,   ///< the document of the user is asked for at once
  kSwitch,    ///< the VM is moved to another network
  kShutdown,  ///< the VM is shut down
};

/// What to do before the VM can be provisioned.
struct PoolPlan {
  std::string type = {};  ///< as the source or the marker gave it, for messages
  bool tell = false;      ///< tell the platform that the VM is ready for its pool
  PoolWait wait = PoolWait::kNothing;
  bool poll = false;     ///< ask for the document of the user
  std::string why = {};  ///< a sentence

  /// Whether the VM is in a pool at all.
  [[nodiscard]] bool waits() const { return poll || wait != PoolWait::kNothing; }
};

// clang-format off
/// Decides by the type that the sources give (preprovisioned_type()), and by the marker that a boot left after it had told the platform.
///
/// | marker | type | what to do |
/// |---|---|---|
/// | no | none | provision: the VM is in no pool |
/// | no | Running, Savable | tell Ready, wait for the move, ask for the document |
/// | no | PreprovisionedOSDisk | tell Ready, wait for the shutdown |
/// | no | unknown | tell Ready, ask for the document |
/// | PreprovisionedOSDisk, of this boot | any | wait for the shutdown |
/// | yes | any | ask for the document; also if the VM id has changed: the platform must not hear Ready of a VM that has its user before it is provisioned |
/// | of another VM id | none | provision: an image was made of that VM, or a VM of its OS disk |
/// | PreprovisionedOSDisk | none | provision: the user's VM has a document of its own |
/// | its type came from the media | none, with media | provision: it is the media of the user |
/// | any other | none | ask for the document |
// clang-format on
[[nodiscard]] PoolPlan decide_pool(const Facts& facts, std::string_view boot_id);

/// "its user, in a pool (PPS Savable)": what the VM waits for, for reports.
[[nodiscard]] std::string describe_pool_wait(const PoolPlan& plan);

}  // namespace azl::provision
