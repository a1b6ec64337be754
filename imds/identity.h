// Identifies the machine from DMI: whether it is an Azure VM, and its VM id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::imds {

/// Where this program runs.
enum class Platform { kAzure, kWsl, kContainer, kOther };

/// What DMI says. `vm_id` is in lower case and the platform's byte order; empty if DMI has none.
struct Identity {
  Platform platform = Platform::kOther;
  std::string vm_id;
  int generation = 2;  ///< 1 or 2
  std::string why;     ///< the fact that decided the platform, a sentence
};

/// The contents of the files, unchanged.
struct IdentityFacts {
  std::string chassis_asset_tag;  ///< /sys/class/dmi/id/chassis_asset_tag
  std::string product_uuid;       ///< /sys/class/dmi/id/product_uuid
  bool efi = false;               ///< /sys/firmware/efi or /dev/efi exists
  std::string os_release;         ///< /proc/sys/kernel/osrelease; contains "microsoft" under WSL
  bool container =
      false;  ///< /run/systemd/container exists, or PID 1 has container= in its environment
};

/// Decides the identity. Source of the asset tag and the byte swap: Azure's documents and
/// cloud-init's DataSourceAzure.
[[nodiscard]] Identity identify(const IdentityFacts& facts);
/// Returns the VM id in the byte order of the firmware: DMI's product_uuid in lower case, which is
/// cloud-init's instance id. Empty if the VM id is.
[[nodiscard]] std::string instance_id(const Identity& identity);
/// Reads the facts below `root`; a file that cannot be read counts as empty.
[[nodiscard]] IdentityFacts read_identity_facts(const Root& root);

/// Returns a UUID with its first three groups byte-swapped, in lower case; empty if `uuid` is not
/// one.
[[nodiscard]] std::string byte_swapped(std::string_view uuid);
/// Returns whether two VM ids name the same VM. Ignores case and generation 1's byte order.
[[nodiscard]] bool same_vm(std::string_view one, std::string_view other);
/// Returns whether an answer with the VM id `given` is about another VM than that of the firmware.
/// Returns false if either id is empty.
[[nodiscard]] bool speaks_for_other_vm(std::string_view given, std::string_view firmware);

}  // namespace azl::imds
