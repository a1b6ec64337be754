#include "disk/plan/stripe_plan.h"

#include <algorithm>
#include <utility>

#include "disk/describe.h"
#include "disk/plan/disk_decision.h"
#include "disk/reformat_rules.h"

namespace azl::disk {
namespace {

/// What there is of the array of all local disks.
enum class Stripe {
  kNone,
  kCutOff,  ///< an earlier boot was cut off before all disks had their superblock
  kThere,
};

/// udev begins to start an array with each member that it sees.
bool is_held_by_udev_at_most(const Disk& disk) {
  return !disk.use.swap && disk.use.mounted_at.empty() &&
         std::ranges::all_of(disk.use.holders, is_array);
}

Stripe stripe_of(const std::vector<const Disk*>& disks, const DiskHistory& memory) {
  if (std::ranges::none_of(disks, [](const auto* d) { return is_in_our_array(*d); }))
    return Stripe::kNone;
  const auto& made = memory.made;
  const bool begun =
      !memory.unfinished_array.empty() &&
      std::ranges::find(made, memory.unfinished_array) == made.end() &&
      std::ranges::any_of(disks, [](const auto* d) { return is_blank(*d); }) &&
      std::ranges::all_of(disks, [&](const auto* d) {
        return is_blank(*d) || (is_in_our_array(*d) && d->content.uuid == memory.unfinished_array &&
                                is_held_by_udev_at_most(*d));
      });
  return begun ? Stripe::kCutOff : Stripe::kThere;
}

/// Why local disks can't be striped; empty: they can, anew or again.
std::string find_stripe_obstacle(const std::vector<const Disk*>& disks, Stripe stripe) {
  const bool there = stripe == Stripe::kThere;
  for (const Disk* disk : disks) {
    auto why = why_not_touch(*disk);
    if (why.empty() && there && !is_in_our_array(*disk))
      why = "the array is of other disks: a disk was replaced, or one of them was used by itself";
    if (why.empty() && there && disk->content.uuid != disks.front()->content.uuid)
      why = "it is a member of another array";
    if (why.empty() && stripe == Stripe::kNone) why = describe_use(*disk);
    if (why.empty() && stripe == Stripe::kNone && !is_blank(*disk)) why = describe_content(*disk);
    if (!why.empty()) return disk->device + ": " + why;
  }
  return {};
}

std::string told(Stripe stripe) {
  switch (stripe) {
    case Stripe::kNone:
      return "all local disks are blank";
    case Stripe::kCutOff:
      return "an earlier boot began to make the array and did not end";
    case Stripe::kThere:
      return "an earlier boot made the array";
  }
  return {};
}

}  // namespace

std::vector<DiskAction> plan_stripe(const std::vector<const Disk*>& disks, const DiskFacts& facts,
                                    const std::string& point) {
  const auto state = stripe_of(disks, facts.history);
  auto why = facts.other_local_formatter;
  if (why.empty()) why = find_stripe_obstacle(disks, state);
  std::vector<DiskAction> actions;
  if (!why.empty()) {
    for (const Disk* disk : disks) actions.push_back(leave(*disk, "no array is made: " + why));
    return actions;
  }
  // The array itself is not among the disks; what more there is to do would be to mount it there.
  const bool runs = state == Stripe::kThere && std::ranges::all_of(disks, [](const auto* d) {
                      return !array_of(d->use).empty();
                    });
  if (runs && state_of(facts, point) == PointState::kMounted) {
    for (const Disk* disk : disks)
      actions.push_back(
          settle(*disk, "its array runs, and " + point + " has something mounted already"));
    return actions;
  }
  DiskAction stripe{.act = Act::kStripe,
                    .device = "/dev/md/" + std::string(kArrayName),
                    .assemble = state == Stripe::kThere,
                    .why = told(state)};
  for (const Disk* disk : disks) {
    stripe.members.push_back(disk->device);
    if (is_in_our_array(*disk)) stripe.array_uuid = disk->content.uuid;
    for (const auto& holder : disk->use.holders) {
      if (state == Stripe::kCutOff && std::ranges::find(stripe.stop, holder) == stripe.stop.end())
        stripe.stop.push_back(holder);
    }
  }
  return {stripe};
}

}  // namespace azl::disk
