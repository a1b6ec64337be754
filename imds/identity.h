// Who this machine is: Azure or not, and its VM id, from DMI.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::imds {

/// Where this program runs.
enum class Platform { kAzure, kWsl, kContainer, kOther };

/// What DMI says. `vm_id` is lower case, in the platform's byte order; empty where DMI has none.
struct Identity {
  Platform platform = Platform::kOther;
  std::string vm_id;
  int generation = 2;  ///< 1 or 2
  std::string why;     ///< the fact that decided, as a sentence
};

/// Raw facts, as they stand in the files.
struct IdentityFacts {
  std::string chassis_asset_tag;  ///< /sys/class/dmi/id/chassis_asset_tag
  std::string product_uuid;       ///< /sys/class/dmi/id/product_uuid
  bool efi = false;               ///< /sys/firmware/efi or /dev/efi is there
  std::string os_release;         ///< /proc/sys/kernel/osrelease: holds "microsoft" under WSL
  bool container = false;         ///< /run/systemd/container or PID 1's container= says so
};

/// Decides. Source of the asset tag and the byte swap: Azure's documents, cloud-init's
/// DataSourceAzure.
[[nodiscard]] Identity identify(const IdentityFacts& facts);
/// Reads the facts below `root`; what can't be read is empty.
[[nodiscard]] IdentityFacts read_identity_facts(const Root& root);

/// A UUID with its first three groups byte-swapped, lower case; empty when it is no UUID.
[[nodiscard]] std::string byte_swapped(std::string_view uuid);
/// Whether two VM ids name the same VM: case and generation 1's byte order do not matter.
[[nodiscard]] bool same_vm(std::string_view one, std::string_view other);

}  // namespace azl::imds
