#include "provision/custom_data/plan/mounts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/plan/mount_entry.h"

namespace azl::provision::custom_data {
namespace {

using disk::DiskTarget;
using disk::DiskWish;

constexpr std::string_view kRule = "mounts";
constexpr std::string_view kDefaultOptions = "defaults,nofail";

bool is_resource(const MountEntry& entry) {
  return entry.disk && entry.disk->target.kind == DiskTarget::Kind::kResource;
}

/// The label by which a file system is named; empty if it is not.
std::string_view find_label(std::string_view what) {
  for (const std::string_view prefix : {"LABEL=", "/dev/disk/by-label/"}) {
    if (what.starts_with(prefix)) return what.substr(prefix.size());
  }
  return {};
}

bool has_option(std::string_view options, std::string_view option) {
  const auto all = split(options, ',');
  return std::ranges::find(all, option) != all.end();
}

/// Whether fsck can check what is mounted: a disk of its own.
bool is_checked(const MountEntry& entry) {
  const std::string_view what = entry.what;
  constexpr auto kDisks = std::to_array<std::string_view>(
      {"/dev/", "ID=", "LABEL=", "PARTLABEL=", "PARTUUID=", "UUID="});
  const auto options = entry.options.reveal();
  return !entry.is_swap() && !has_option(options, "bind") && !has_option(options, "rbind") &&
         std::ranges::any_of(kDisks, [&](auto start) { return what.starts_with(start); });
}

/// The options that say something to stage disks. No disk of Azure's needs the network.
std::string read_wish_options(const MountEntry& entry) {
  constexpr auto kPlain =
      std::to_array<std::string_view>({"_netdev", "auto", "defaults", "nofail"});
  std::vector<std::string> options;
  for (const auto option : split(entry.options.reveal(), ',')) {
    if (std::ranges::find(kPlain, option) == kPlain.end()) options.emplace_back(option);
  }
  return join(options, ",");
}

class MountPlanner {
 public:
  MountPlanner(WishedDisks& disks, ModuleOutput& out) : disks_(disks), out_(out) {}

  void plan(MountEntry entry);
  [[nodiscard]] std::vector<MountedAt> finish();

 private:
  void plan_resource(const MountEntry& entry);
  void leave_resource(const MountEntry& entry);
  /// `wish`: of the disk; nullptr if the document does not set up the resource disk.
  void plan_wish(const MountEntry& entry, const DiskTarget& target, DiskWish* wish);
  void plan_line(MountEntry entry);
  /// Returns the disk that the item mounts, if the document sets that disk up; else nullptr.
  [[nodiscard]] DiskWish* find_wish(const MountEntry& entry);
  /// Returns false, with a remark, if something else is mounted there.
  [[nodiscard]] bool take_point(const MountEntry& entry, bool is_resource_disk);
  void keep_default_point();
  void remark_whole_disk(const MountEntry& entry);
  void refuse(const MountEntry& entry, const std::string& why, std::string advice);

  WishedDisks& disks_;
  ModuleOutput& out_;
  std::vector<MountedAt> mounted_;
};

void MountPlanner::refuse(const MountEntry& entry, const std::string& why, std::string advice) {
  out_.remark(RemarkLevel::kError, kRule, entry.place, entry.subject() + " is left out: " + why,
              std::move(advice));
}

DiskWish* MountPlanner::find_wish(const MountEntry& entry) {
  return entry.disk ? disks_.find(entry.disk->target) : disks_.find_label(find_label(entry.what));
}

void MountPlanner::plan(MountEntry entry) {
  if (is_resource(entry)) return plan_resource(entry);
  if (entry.mount_point.empty())
    return out_.remark(RemarkLevel::kWarning, kRule, entry.place,
                       entry.subject() + " has no mount point, so that nothing is mounted",
                       "write the mount point as the second field");
  if (auto* wish = find_wish(entry); wish != nullptr) return plan_wish(entry, wish->target, wish);
  plan_line(std::move(entry));
}

void MountPlanner::plan_resource(const MountEntry& entry) {
  const auto partition = entry.disk->partition;
  if (entry.mount_point.empty() && partition <= 1) return leave_resource(entry);
  auto* wish = disks_.find({});
  if (partition == 2 && entry.is_swap()) {
    if (wish != nullptr && wish->swap_percent > 0) return;
    return refuse(entry, "the resource disk gets no partition for swap",
                  "write 'layout: [66, [33, 82]]' for ephemeral0 in disk_setup");
  }
  plan_wish(entry, {}, wish);
}

void MountPlanner::leave_resource(const MountEntry& entry) {
  const auto* known = disks_.find({});
  if (known != nullptr && known->use)
    out_.remark(RemarkLevel::kWarning, kRule, entry.place,
                entry.subject() +
                    " has no mount point: the resource disk is left as it is, whatever else the "
                    "document says of it before",
                "remove this item, or what disk_setup, fs_setup and mounts say of the disk");
  auto& wish = disks_.resource_disk();
  wish.use = false;
  wish.mount_point.clear();
  wish.mount_options.clear();
  std::erase_if(mounted_, [](const MountedAt& at) { return at.is_resource; });
}

void MountPlanner::plan_wish(const MountEntry& entry, const DiskTarget& target, DiskWish* wish) {
  const auto name = describe_target(target);
  if (entry.disk && entry.disk->partition > 1)
    return refuse(entry, name + " gets one partition for data",
                  "mount the first one; or make other partitions in bootcmd");
  if (entry.is_swap())
    return refuse(entry, name + " gets a file system", "use the key swap for a swap file");
  if (wish != nullptr && !wish->mount_point.empty())
    return refuse(entry, name + " has another mount point already",
                  "mount that one here, too: '- [FIRST, SECOND, none, bind]'");
  if (!take_point(entry, target.kind == DiskTarget::Kind::kResource)) return;
  auto& wished = wish == nullptr ? disks_.resource_disk() : *wish;
  wished.use = true;
  wished.mount_point = entry.mount_point;
  wished.mount_options = read_wish_options(entry);
}

bool MountPlanner::take_point(const MountEntry& entry, bool is_resource_disk) {
  const auto other = std::ranges::find(mounted_, entry.mount_point, &MountedAt::path);
  if (other == mounted_.end()) {
    mounted_.push_back({.path = entry.mount_point,
                        .number = entry.number,
                        .place = entry.place,
                        .is_resource = is_resource_disk});
    return true;
  }
  refuse(entry, "mount " + std::to_string(other->number) + " has the same mount point",
         "mount one of them at another directory");
  return false;
}

/// cloud-init sees the disk when it mounts it, and this program plans before.
void MountPlanner::remark_whole_disk(const MountEntry& entry) {
  if (!entry.disk || entry.disk->partition != 0) return;
  out_.remark(RemarkLevel::kNote, kRule, entry.place,
              entry.subject() +
                  " is for a whole disk; of a disk with partitions, cloud-init mounts the first",
              "write '-part1' after a link to the disk, or '1' after a kernel's name, if it has "
              "partitions");
}

void MountPlanner::plan_line(MountEntry entry) {
  const bool is_swap = entry.is_swap();
  if (!is_swap && !take_point(entry, false)) return;
  remark_whole_disk(entry);
  if (entry.pass.empty()) entry.pass = is_checked(entry) ? "2" : "0";
  if (entry.options.empty()) entry.options = Secret(std::string(kDefaultOptions));
  auto source = describe_source(entry.what);
  Item item{.id = "mounts/" + std::to_string(entry.number),
            .place = entry.place,
            .phase = ItemPhase::kEarly,
            .what = is_swap ? "use " + source + " as swap"
                            : "mount " + source + " at " + printable(entry.mount_point, 200)};
  item.action = AddMount{.what = std::move(entry.what),
                         .mount_point = std::move(entry.mount_point),
                         .type = std::move(entry.type),
                         .options = std::move(entry.options),
                         .dump = std::move(entry.dump),
                         .pass = std::move(entry.pass)};
  out_.add(std::move(item));
}

/// The resource disk is mounted at /mnt unless the document or azl-provision.conf(5) says
/// otherwise. What the document mounts there goes before.
void MountPlanner::keep_default_point() {
  const auto* wish = disks_.find({});
  if (wish != nullptr && (!wish->use || !wish->mount_point.empty())) return;
  const auto other = std::ranges::find(mounted_, "/mnt", &MountedAt::path);
  if (other == mounted_.end()) return;
  out_.remark(RemarkLevel::kNote, kRule, other->place,
              "mount " + std::to_string(other->number) +
                  " has the mount point of the resource disk, which is left as it is therefore",
              "write '- [ephemeral0, DIRECTORY]' to mount the resource disk at another directory");
  disks_.resource_disk().use = false;
}

std::vector<MountedAt> MountPlanner::finish() {
  keep_default_point();
  for (auto& wish : disks_.wishes) {
    if (!wish.use) wish = {.target = wish.target, .use = false};
  }
  return std::move(mounted_);
}

}  // namespace

std::vector<MountedAt> plan_mounts(const YamlMember& member, DiskResolver& resolver,
                                   WishedDisks& disks, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member), "'mounts' has no items");
  } else if (value.kind != YamlKind::kList) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               describe_wrong_kind(member.name, value.kind, "a list") + "; nothing is mounted",
               "write '- [DEVICE, MOUNT POINT]'");
  }
  MountPlanner planner(disks, out);
  std::size_t number = 0;
  for (const auto& item : value.items) {
    if (++number > kMostMounts) {
      out.remark(RemarkLevel::kError, kRule, out.place_of(item),
                 "'mounts' has more than 256 items; this one and those after it are left out",
                 "write the others to /etc/fstab in runcmd, and run 'mount -a'");
      break;
    }
    if (auto entry = read_mount_entry(item, number, resolver, out)) planner.plan(std::move(*entry));
  }
  return planner.finish();
}

std::string describe_source(std::string_view what) {
  const auto at = what.rfind('@');
  const bool has_user = at != std::string_view::npos && what.substr(0, at).contains(':');
  return printable(has_user ? "…" + std::string(what.substr(at)) : std::string(what));
}

}  // namespace azl::provision::custom_data
