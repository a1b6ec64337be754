// What is remembered of a pre-provisioned VM's stay in its pool: /var/lib/azl-provision/pool.json.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

inline constexpr std::string_view kPoolMarkerFile = "/var/lib/azl-provision/pool.json";

/// The platform was told Ready for the pool. Without this, a boot in the middle of the wait would
/// tell it once more, and the platform would take the user's VM for ready before it is.
struct PoolMarker {
  std::string vm_id;  ///< that of the firmware at that time; empty: the file could not be read
  std::string boot_id;
  std::string type;         ///< "Running", "Savable", …, as the source gave it
  bool from_media = false;  ///< the media gave the type, and not only IMDS
  std::string told_at;      ///< ISO 8601
};

/// Errors: kState. Pure.
[[nodiscard]] Result<PoolMarker> parse_pool_marker(std::string_view json);
[[nodiscard]] std::string to_json(const PoolMarker& marker);

/// Returns nullopt if there is no file. Errors: kState, kIo.
[[nodiscard]] Result<std::optional<PoolMarker>> load_pool_marker(const Root& root);
/// Writes the file atomically, and returns when it is on the disk. Errors: kDiskFull, kReadOnly,
/// kIo.
[[nodiscard]] Result<void> save_pool_marker(const Root& root, const PoolMarker& marker);
/// Removes the file, if there is one. Errors: kReadOnly, kIo.
[[nodiscard]] Result<void> remove_pool_marker(const Root& root);

}  // namespace azl::provision
