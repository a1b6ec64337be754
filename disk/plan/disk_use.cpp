#include "disk/plan/disk_use.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "disk/mount_point.h"
#include "disk/plan/disk_decision.h"

namespace azl::disk {
namespace {

using Actions = std::vector<DiskAction>;

}  // namespace

std::string_view asker(bool custom_data) {
  return custom_data ? "custom data" : "the configuration";
}

void add_adoption(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
                  Actions& actions) {
  if (wish.line == nullptr || wish.line->replaced.empty()) return;
  constexpr std::size_t kMost = 300;
  actions.push_back({.device = disk.device,
                     .act = act::Adopt{.partition = partition,
                                       .lines = wish.line->replaced,
                                       .file_system = file_system,
                                       .mount_point = wish.point,
                                       .options = wish.options},
                     .why = (file_system.empty()
                                 ? "it mounts an NTFS file system that nobody has used, which the "
                                   "next boot formats: "
                                 : "cloud-init wrote it, and does not run: ") +
                            printable(join(wish.line->replaced, "; "), kMost)});
}

void add_mount(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
               std::string why, Actions& actions) {
  if (wish.point.empty()) return;
  add_adoption(disk, partition, wish, file_system, actions);
  actions.push_back({.device = disk.device,
                     .act = act::Mount{.partition = partition,
                                       .file_system = file_system,
                                       .mount_point = wish.point,
                                       .options = wish.options,
                                       .ephemeral = wish.ephemeral,
                                       .fstab = wish.fstab || wish.line != nullptr,
                                       .stays = wish.stays,
                                       .adopted = wish.line != nullptr},
                     .why = std::move(why)});
}

void add_swap(const Disk& disk, int partition, const Wish& wish, const std::string& file_system,
              Actions& actions) {
  if (wish.swap == DiskOptions::Swap::kNone) return;
  const bool file = wish.swap == DiskOptions::Swap::kFile;
  if (!file && partition == 0) {
    actions.push_back(leave_settled(disk, "it has no swap partition, so there is no swap"));
    return;
  }
  actions.push_back({.device = disk.device,
                     .act = act::Swap{.partition = file ? 0 : partition,
                                      .file_system = file_system,
                                      .mount_point = file ? wish.point : std::string(),
                                      .size = wish.swap_size},
                     .why = std::string(asker(wish.custom_data)) + " asks for swap"});
}

void add_format(const Disk& disk, const Wish& wish, std::string why, Actions& actions) {
  const bool new_table = disk.kind != DiskKind::kArray;
  const bool swap = new_table && wish.swap == DiskOptions::Swap::kPartition;
  actions.push_back({.device = disk.device,
                     .act = act::Format{.new_table = new_table,
                                        .file_system = wish.file_system,
                                        .label = wish.label,
                                        .swap_size = swap ? wish.swap_size : 0},
                     .why = std::move(why)});
  add_mount(disk, new_table ? 1 : 0, wish, wish.file_system, "it is new", actions);
  add_swap(disk, swap ? 2 : 0, wish, wish.file_system, actions);
}

std::string take_point(const DiskFacts& facts, const Wish& wish, TakenPoints& taken) {
  if (wish.point.empty()) return {};
  if (const auto state = state_of(facts, wish.point); state != PointState::kFree)
    return wish.point + " " + std::string(describe_point_state(state));
  return taken.insert(wish.point).second ? std::string()
                                         : "another disk is mounted at " + wish.point;
}

void append(Actions more, Actions& actions) {
  std::ranges::move(more, std::back_inserter(actions));
}

void mark_for_custom_data(Actions& actions) {
  for (auto& action : actions) {
    if (auto* leave = std::get_if<act::Leave>(&action.act)) leave->custom_data = !leave->settled;
  }
}

}  // namespace azl::disk
