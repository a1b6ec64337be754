#include "provision/custom_data/plan/wished_disks.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "provision/custom_data/plan/disk_name.h"

namespace azl::provision::custom_data {
namespace {

using disk::DiskTarget;
using disk::DiskWish;

constexpr std::uint64_t kMiB = 1ULL << 20U;

bool is_resource(const DiskTarget& target) { return target.kind == DiskTarget::Kind::kResource; }

/// What both keys say of one disk.
struct OneDisk {
  DiskTarget target = {};
  const DiskSetup* setup = nullptr;      ///< nullptr: disk_setup does not name it
  const FsSetup* file_system = nullptr;  ///< the last one that can be used
  const FsSetup* swap = nullptr;
  bool refused_file_system = false;
};

class Combiner {
 public:
  explicit Combiner(ModuleOutput& out) : out_(out) {}

  void add(const DiskSetup& setup) { find_or_add(setup.target).setup = &setup; }
  void add(const FsSetup& setup);
  [[nodiscard]] WishedDisks combine();

 private:
  OneDisk& find_or_add(const DiskTarget& target);
  void combine_one(const OneDisk& one);
  /// Returns false, with a remark, if azl-provision does not make these partitions.
  [[nodiscard]] bool check_layout(const OneDisk& one);
  [[nodiscard]] unsigned find_swap(const OneDisk& one);
  /// Returns false if there is nothing to be done with the disk, mostly with a remark.
  [[nodiscard]] bool check_file_system(const OneDisk& one);
  [[nodiscard]] bool may_overwrite(const OneDisk& one);

  ModuleOutput& out_;
  std::vector<OneDisk> disks_;
  WishedDisks wished_;
};

OneDisk& Combiner::find_or_add(const DiskTarget& target) {
  const auto found = std::ranges::find(disks_, target, &OneDisk::target);
  return found == disks_.end() ? disks_.emplace_back(OneDisk{.target = target}) : *found;
}

void Combiner::add(const FsSetup& setup) {
  auto& one = find_or_add(setup.target);
  if (setup.use == FsUse::kRefused) {
    one.refused_file_system = true;
  } else if (setup.use == FsUse::kSwap) {
    one.swap = &setup;
  } else {
    if (one.file_system != nullptr)
      out_.remark(RemarkLevel::kWarning, "fs-setup", setup.place,
                  setup.subject + ": " + one.file_system->subject +
                      " is for the same disk, which gets one partition; what stands here counts",
                  "remove one of them");
    one.file_system = &setup;
  }
}

bool Combiner::check_layout(const OneDisk& one) {
  if (one.setup == nullptr) return true;
  const auto& layout = one.setup->layout;
  if (layout.kind == LayoutKind::kNone || layout.kind == LayoutKind::kOne) return true;
  const bool for_swap = layout.second_is_swap || one.swap != nullptr;
  if (is_resource(one.target) && layout.kind == LayoutKind::kTwo && for_swap) return true;
  const auto name = describe_target(one.target);
  out_.remark(
      RemarkLevel::kError, "disk-setup", one.setup->place,
      is_resource(one.target)
          ? "azl-provision makes one partition on the resource disk, and one for swap "
            "behind it; what 'disk_setup' and 'fs_setup' say of it is ignored"
          : name + " is not set up: azl-provision makes one partition on a data disk",
      is_resource(one.target)
          ? "write 'layout: true' or 'layout: [66, [33, 82]]'; or write '- [ephemeral0]' in "
            "mounts, and partition the disk in bootcmd"
          : "write 'layout: true'; or partition the disk and make its file systems in "
            "bootcmd");
  return false;
}

unsigned Combiner::find_swap(const OneDisk& one) {
  if (one.setup != nullptr && one.setup->layout.kind == LayoutKind::kTwo)
    return one.setup->layout.second_percent;
  if (one.swap != nullptr)
    out_.remark(
        RemarkLevel::kError, "fs-setup", one.swap->place,
        one.swap->subject + ": the resource disk gets no second partition, so that it is not made",
        "write 'layout: [66, [33, 82]]' for ephemeral0 in disk_setup");
  return 0;
}

bool Combiner::check_file_system(const OneDisk& one) {
  if (one.file_system != nullptr) return true;
  const bool partitions = one.setup != nullptr && one.setup->layout.kind != LayoutKind::kNone;
  if (is_resource(one.target)) {
    if (partitions) return true;
    if (one.setup != nullptr)
      out_.remark(RemarkLevel::kWarning, "disk-setup", one.setup->place,
                  "the resource disk is set up in spite of its 'layout'",
                  "write '- [ephemeral0]' in mounts to leave it as it is");
    return false;
  }
  if (partitions && !one.refused_file_system)
    out_.remark(RemarkLevel::kWarning, "disk-setup", one.setup->place,
                "nothing is done with " + describe_target(one.target) +
                    ", because 'fs_setup' has no file system for it",
                "add one to fs_setup");
  return false;
}

/// What the two values of `overwrite` mean for a data disk.
bool Combiner::may_overwrite(const OneDisk& one) {
  const bool in_setup = one.setup != nullptr && one.setup->overwrite;
  const bool in_file_system = one.file_system->overwrite;
  if (is_resource(one.target) || (!in_setup && !in_file_system)) return false;
  constexpr std::string_view kRule = "disk-overwrite";
  const auto name = describe_target(one.target);
  if (one.target.kind == DiskTarget::Kind::kDevice) {
    out_.remark(RemarkLevel::kWarning, kRule, one.file_system->place,
                name +
                    " stays as it is if it has other content, because its name can be another "
                    "disk's",
                "write /dev/disk/azure/scsi1/lun0 for the data disk with LUN 0");
    return false;
  }
  if (in_setup && in_file_system) {
    out_.remark(RemarkLevel::kWarning, kRule, one.file_system->place,
                "what is on " + name +
                    " is lost, because 'disk_setup' and 'fs_setup' both say 'overwrite: true'; a "
                    "disk that is in use, encrypted or damaged stays as it is",
                "remove 'overwrite' if somebody may need what is on the disk");
    return true;
  }
  out_.remark(RemarkLevel::kNote, kRule, one.file_system->place,
              name + " stays as it is if it has other content, because only '" +
                  (in_setup ? "disk_setup" : "fs_setup") + "' says 'overwrite: true'",
              "write it in disk_setup and in fs_setup to lose what is on the disk");
  return false;
}

void Combiner::combine_one(const OneDisk& one) {
  if (!check_layout(one)) return;
  const auto swap_percent = find_swap(one);
  if (!check_file_system(one)) return;
  DiskWish wish{.target = one.target, .swap_percent = swap_percent};
  if (one.file_system != nullptr) {
    wish.file_system = one.file_system->file_system;
    wish.label = one.file_system->label;
    wish.overwrite = may_overwrite(one);
  }
  wished_.wishes.push_back(std::move(wish));
}

WishedDisks Combiner::combine() {
  for (const auto& one : disks_) combine_one(one);
  return std::move(wished_);
}

std::string describe_wish(const DiskWish& wish) {
  const auto name = describe_target(wish.target);
  if (!wish.use) return name + " (left as it is)";
  std::vector<std::string> words;
  if (!wish.file_system.empty()) words.push_back(wish.file_system);
  if (!wish.mount_point.empty()) words.push_back("at " + printable(wish.mount_point));
  std::vector<std::string> parts;
  if (!words.empty()) parts.push_back(join(words, " "));
  if (wish.swap_percent > 0) parts.push_back(std::to_string(wish.swap_percent) + " % swap");
  if (wish.swap_file > 0)
    parts.push_back("a swap file of " + std::to_string(wish.swap_file / kMiB) + " MiB");
  if (wish.overwrite) parts.emplace_back("overwritten");
  return parts.empty() ? name : name + " (" + join(parts, ", ") + ")";
}

}  // namespace

DiskWish* WishedDisks::find(const DiskTarget& target) {
  const auto found = std::ranges::find(wishes, target, &DiskWish::target);
  return found == wishes.end() ? nullptr : &*found;
}

DiskWish* WishedDisks::find_label(std::string_view label) {
  if (label.empty()) return nullptr;
  const auto found = std::ranges::find(wishes, label, &DiskWish::label);
  return found == wishes.end() ? nullptr : &*found;
}

DiskWish& WishedDisks::resource_disk() {
  if (auto* found = find({})) return *found;
  return wishes.emplace_back();
}

WishedDisks combine_setups(const std::vector<DiskSetup>& disks,
                           const std::vector<FsSetup>& file_systems, ModuleOutput& out) {
  Combiner combiner(out);
  for (const auto& setup : disks) combiner.add(setup);
  for (const auto& setup : file_systems) combiner.add(setup);
  return combiner.combine();
}

std::string describe_wishes(const std::vector<DiskWish>& wishes) {
  std::vector<std::string> parts;
  for (const auto& wish : wishes) parts.push_back(describe_wish(wish));
  constexpr std::size_t kLongest = 400;
  return printable("set up " + describe_count(wishes.size(), "disk") + ": " + join(parts, ", "),
                   kLongest, Quotes::kKept);
}

}  // namespace azl::provision::custom_data
