#include "provision/custom_data/plan/disk_keys.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "provision/custom_data/plan/disk_resolver.h"
#include "provision/custom_data/plan/disk_setup.h"
#include "provision/custom_data/plan/fs_setup.h"
#include "provision/custom_data/plan/mounts.h"
#include "provision/custom_data/plan/swap.h"
#include "provision/custom_data/plan/wished_disks.h"

namespace azl::provision::custom_data {
namespace {

constexpr auto kKeys =
    std::to_array<std::string_view>({"device_aliases", "disk_setup", "fs_setup", "mounts", "swap"});

bool is_key(const YamlMember& member) {
  return std::ranges::find(kKeys, member.name) != kKeys.end();
}

const YamlMember* find_member(std::string_view key, const ModuleOutput& out) {
  const auto& members = out.config().members;
  const auto found = std::ranges::find(members, key, &YamlMember::name);
  return found == members.end() ? nullptr : &*found;
}

}  // namespace

void plan_disk_keys(const YamlMember& member, ModuleOutput& out) {
  const auto& members = out.config().members;
  const auto first = std::ranges::find_if(members, is_key);
  if (first == members.end() || first->name != member.name) return;
  DiskResolver resolver(out);
  std::vector<DiskSetup> setups;
  std::vector<FsSetup> file_systems;
  if (const auto* key = find_member("disk_setup", out))
    setups = read_disk_setup(*key, resolver, out);
  if (const auto* key = find_member("fs_setup", out))
    file_systems = read_fs_setup(*key, resolver, out);
  auto disks = combine_setups(setups, file_systems, out);
  std::vector<MountedAt> mounted;
  if (const auto* key = find_member("mounts", out))
    mounted = plan_mounts(*key, resolver, disks, out);
  if (const auto* key = find_member("swap", out)) plan_swap(*key, mounted, disks, out);
  if (disks.wishes.empty()) return;
  Item item{.id = "disk_setup",
            .place = out.place_of(member),
            .phase = ItemPhase::kEarly,
            .what = describe_wishes(disks.wishes)};
  item.action = SetUpDisks{.disks = std::move(disks.wishes)};
  out.add(std::move(item));
}

}  // namespace azl::provision::custom_data
