// What the custom data of this VM asks of disks, kept from boot to boot: stage disks does it again
// for a resource disk that comes back blank.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "base/root.h"
#include "disk/disk_wish.h"

namespace azl::provision {

inline constexpr std::string_view kDiskWishesFile = "/var/lib/azl-provision/custom-data-disks.json";

struct DiskWishes {
  std::string vm_id;
  std::vector<disk::DiskWish> disks;
};

[[nodiscard]] nlohmann::json to_json(const std::vector<disk::DiskWish>& wishes);
/// Errors: kState, if a value is not one that a DiskWish can have. Pure.
[[nodiscard]] Result<std::vector<disk::DiskWish>> parse_disk_wishes(const nlohmann::json& json);

/// Returns nullopt if there are none. Errors: kState, kIo.
[[nodiscard]] Result<std::optional<DiskWishes>> load_disk_wishes(const Root& root);
/// Writes the file durably. Errors: as Root::write.
[[nodiscard]] Result<void> save_disk_wishes(const Root& root, const DiskWishes& wishes);
/// Removes the file durably. Errors: kIo, kReadOnly.
[[nodiscard]] Result<void> remove_disk_wishes(const Root& root);

/// Marks until the next boot that a run of stage disks has left disks alone, because it was not
/// known what custom data asks for; or removes the mark. Errors: as Root::write.
[[nodiscard]] Result<void> mark_disks_undecided(const Root& root, bool undecided);
[[nodiscard]] bool are_disks_undecided(const Root& root);

}  // namespace azl::provision
