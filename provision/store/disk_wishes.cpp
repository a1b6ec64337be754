#include "provision/store/disk_wishes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "disk/disk_words.h"
#include "disk/plan/disk_decision.h"

namespace azl::provision {
namespace {

using disk::DiskTarget;
using disk::DiskWish;
using nlohmann::json;

constexpr std::size_t kLimit = 1 << 20;
constexpr int kSchemaVersion = 1;
constexpr int kLuns = 64;
constexpr std::string_view kUndecided = "/run/azl-provision/disks.undecided";

constexpr std::array<std::pair<DiskTarget::Kind, std::string_view>, 3> kKinds = {
    {{DiskTarget::Kind::kResource, "resource"},
     {DiskTarget::Kind::kLun, "lun"},
     {DiskTarget::Kind::kDevice, "device"}}};

std::string_view to_word(DiskTarget::Kind kind) {
  return std::ranges::find(kKinds, kind, &decltype(kKinds)::value_type::first)->second;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Reason::kState, "what custom data asks of disks is damaged: " + std::string(what));
}

json to_json(const DiskWish& wish) {
  return {{"disk", to_word(wish.target.kind)}, {"lun", wish.target.lun},
          {"device", wish.target.device},      {"use", wish.use},
          {"file_system", wish.file_system},   {"label", wish.label},
          {"mount_point", wish.mount_point},   {"mount_options", wish.mount_options},
          {"overwrite", wish.overwrite},       {"swap_percent", wish.swap_percent},
          {"swap_file", wish.swap_file}};
}

Result<DiskTarget> read_target(const json& stored) {
  const auto word = text_member(stored, "disk");
  const auto* const kind = std::ranges::find(kKinds, word, &decltype(kKinds)::value_type::second);
  if (kind == kKinds.end()) return damaged("a disk is of an unknown kind");
  DiskTarget target{.kind = kind->first,
                    .lun = static_cast<int>(number_member(stored, "lun", -1)),
                    .device = text_member(stored, "device")};
  if (target.kind == DiskTarget::Kind::kLun && (target.lun < 0 || target.lun >= kLuns))
    return damaged("a disk has no LUN");
  if (target.kind == DiskTarget::Kind::kDevice && !target.device.starts_with("/dev/"))
    return damaged("a disk has no device");
  return target;
}

/// The words are checked as those of the configuration are: they become arguments of programs.
Result<DiskWish> read_wish(const json& stored) {
  DiskWish wish{.target = OR_RETURN(read_target(stored)),
                .use = bool_member(stored, "use", true),
                .file_system = text_member(stored, "file_system"),
                .label = text_member(stored, "label"),
                .mount_point = text_member(stored, "mount_point"),
                .mount_options = text_member(stored, "mount_options"),
                .overwrite = bool_member(stored, "overwrite")};
  const auto percent = number_member(stored, "swap_percent");
  const auto swap_file = number_member(stored, "swap_file");
  if (!wish.file_system.empty() &&
      std::ranges::find(disk::kFileSystems, wish.file_system) == disk::kFileSystems.end())
    return damaged("a file system is of an unknown type");
  if (!disk::is_label(wish.label)) return damaged("a label is not valid");
  if (!wish.mount_point.empty() && !disk::is_mount_point(wish.mount_point))
    return damaged("a mount point is not valid");
  if (!disk::are_mount_options(wish.mount_options)) return damaged("mount options are not valid");
  if (percent < 0 || percent > 99 || swap_file < 0) return damaged("a size is not valid");
  wish.swap_percent = static_cast<unsigned>(percent);
  wish.swap_file = static_cast<std::uint64_t>(swap_file);
  return wish;
}

}  // namespace

json to_json(const std::vector<DiskWish>& wishes) {
  json list = json::array();
  for (const auto& wish : wishes) list.push_back(to_json(wish));
  return list;
}

Result<std::vector<DiskWish>> parse_disk_wishes(const json& stored) {
  if (!stored.is_array()) return damaged("it is no list");
  std::vector<DiskWish> wishes;
  for (const auto& each : stored) wishes.push_back(OR_RETURN(read_wish(each)));
  return wishes;
}

Result<std::optional<DiskWishes>> load_disk_wishes(const Root& root) {
  const auto context = "reading " + std::string(kDiskWishesFile);
  const auto text = OR_RETURN(root.read_if_exists(kDiskWishesFile, kLimit), context);
  if (!text) return std::nullopt;
  const auto stored = OR_RETURN(parse_json(*text, kLimit, Reason::kState), context);
  if (number_member(stored, "schema_version") != kSchemaVersion)
    return fail(Error(Reason::kState, "it has an unknown schema_version"), context);
  const auto* list = find_member(stored, "disks");
  if (list == nullptr) return fail(Error(Reason::kState, "it has no list of disks"), context);
  return DiskWishes{.vm_id = text_member(stored, "vm_id"),
                    .disks = OR_RETURN(parse_disk_wishes(*list), context)};
}

Result<void> save_disk_wishes(const Root& root, const DiskWishes& wishes) {
  const json stored = {{"schema_version", kSchemaVersion},
                       {"vm_id", wishes.vm_id},
                       {"disks", to_json(wishes.disks)}};
  OR_RETURN(root.write(kDiskWishesFile,
                       stored.dump(1, ' ', false, json::error_handler_t::replace) + "\n",
                       {.mode = 0600}));
  return root.sync();
}

Result<void> mark_disks_undecided(const Root& root, bool undecided) {
  if (undecided) {
    OR_RETURN(root.write(kUndecided, "", {.mode = 0600, .durable = false}));
  } else {
    OR_RETURN(root.remove(kUndecided));
  }
  return {};
}

bool are_disks_undecided(const Root& root) { return root.exists(kUndecided); }

Result<void> remove_disk_wishes(const Root& root) {
  if (!root.exists(kDiskWishesFile)) return {};
  OR_RETURN(root.remove(kDiskWishesFile));
  return root.sync();
}

}  // namespace azl::provision
