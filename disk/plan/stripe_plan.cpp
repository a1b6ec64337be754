#include "disk/plan/stripe_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "disk/describe.h"
#include "disk/plan/disk_decision.h"
#include "disk/reformat_rules.h"

namespace azl::disk {
namespace {

using Disks = std::vector<const Disk*>;

enum class ArrayState {
  kNone,
  kUnfinished,  ///< a boot was cut off before all disks had their superblock
  kMade,
};

/// Whether udev alone may hold a disk: it starts an array with each member that it sees.
bool is_held_by_arrays_only(const Disk& disk) {
  return !disk.use.swap && disk.use.mounted_at.empty() &&
         std::ranges::all_of(disk.use.holders, is_array);
}

/// Whether all disks are blank or members of the array that an earlier boot began to make.
bool is_unfinished(const Disks& disks, const DiskHistory& history) {
  const auto& uuid = history.unfinished_array;
  const auto fits = [&](const Disk* disk) {
    return is_blank(*disk) ||
           (is_in_our_array(*disk) && disk->content.uuid == uuid && is_held_by_arrays_only(*disk));
  };
  return !uuid.empty() && std::ranges::find(history.made, uuid) == history.made.end() &&
         std::ranges::any_of(disks, [](const Disk* disk) { return is_blank(*disk); }) &&
         std::ranges::all_of(disks, fits);
}

ArrayState find_array_state(const Disks& disks, const DiskHistory& history) {
  if (std::ranges::none_of(disks, [](const Disk* disk) { return is_in_our_array(*disk); }))
    return ArrayState::kNone;
  return is_unfinished(disks, history) ? ArrayState::kUnfinished : ArrayState::kMade;
}

/// Why the array is neither made nor started. Empty: it can be.
std::string why_not_stripe(const Disks& disks, const DiskFacts& facts, ArrayState state) {
  if (!facts.other_local_formatter.empty()) return facts.other_local_formatter;
  const bool made = state == ArrayState::kMade;
  for (const Disk* disk : disks) {
    auto why = why_not_touch(*disk);
    if (why.empty() && made && !is_in_our_array(*disk))
      why = "the array has other members: a disk was replaced, or one was used by itself";
    if (why.empty() && made && disk->content.uuid != disks.front()->content.uuid)
      why = "it is a member of another array";
    if (why.empty() && state == ArrayState::kNone) why = describe_use(*disk);
    if (why.empty() && state == ArrayState::kNone && !is_blank(*disk))
      why = describe_content(*disk);
    if (!why.empty()) return disk->device + ": " + why;
  }
  return {};
}

std::string describe_state(ArrayState state) {
  switch (state) {
    case ArrayState::kNone:
      return "all local disks are blank";
    case ArrayState::kUnfinished:
      return "an earlier boot did not finish making the array";
    case ArrayState::kMade:
      return "an earlier boot made the array";
  }
  return {};
}

/// The holders of all disks, each once.
std::vector<std::string> holders_of(const Disks& disks) {
  std::vector<std::string> holders;
  for (const Disk* disk : disks) {
    for (const auto& holder : disk->use.holders) {
      if (std::ranges::find(holders, holder) == holders.end()) holders.push_back(holder);
    }
  }
  return holders;
}

}  // namespace

std::vector<DiskAction> plan_stripe(const Disks& disks, const DiskFacts& facts,
                                    const std::string& point) {
  const auto state = find_array_state(disks, facts.history);
  std::vector<DiskAction> actions;
  if (const auto why = why_not_stripe(disks, facts, state); !why.empty()) {
    for (const Disk* disk : disks) actions.push_back(leave(*disk, "no array is made: " + why));
    return actions;
  }
  // The array itself is not among the disks. All that could be left to do is to mount it.
  const bool runs = state == ArrayState::kMade && std::ranges::all_of(disks, [](const Disk* disk) {
                      return !array_of(disk->use).empty();
                    });
  if (runs && state_of(facts, point) == PointState::kMounted) {
    for (const Disk* disk : disks)
      actions.push_back(
          leave_settled(*disk, "its array runs, and something is mounted at " + point));
    return actions;
  }
  act::Stripe stripe{.assemble = state == ArrayState::kMade};
  for (const Disk* disk : disks) {
    stripe.members.push_back(disk->device);
    if (is_in_our_array(*disk)) stripe.array_uuid = disk->content.uuid;
  }
  if (state == ArrayState::kUnfinished) stripe.stop = holders_of(disks);
  return {{.device = "/dev/md/" + std::string(kArrayName),
           .act = std::move(stripe),
           .why = describe_state(state)}};
}

}  // namespace azl::disk
