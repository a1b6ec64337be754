#include "disk/plan/disk_action.h"

#include "base/match.h"
#include "base/text.h"
#include "disk/block_device.h"

namespace azl::disk {
namespace {

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

std::string name_part(const std::string& device, int partition) {
  return partition > 0 ? device + " partition " + std::to_string(partition) : device;
}

std::string describe(const act::Format& format, const std::string& device) {
  return (format.new_table ? "partition " + device + " and format it as "
                           : "format " + device + " as ") +
         format.file_system + (format.label.empty() ? "" : " '" + format.label + "'") +
         (format.swap_size > 0 ? ", " + mebibytes(format.swap_size) + " for swap" : "");
}

std::string describe(const act::Swap& swap, const std::string& device) {
  return swap.mount_point.empty()
             ? "swap to " + name_part(device, swap.partition)
             : "swap to a file of " + mebibytes(swap.size) + " in " + swap.mount_point;
}

}  // namespace

std::string_view to_string(const Act& act) {
  using View = std::string_view;
  return match(
      act, [](const act::Leave&) -> View { return "leave"; },
      [](const act::Grow&) -> View { return "grow"; },
      [](const act::Format&) -> View { return "format"; },
      [](const act::Stripe&) -> View { return "raid0"; },
      [](const act::Adopt&) -> View { return "adopt"; },
      [](const act::Mount&) -> View { return "mount"; },
      [](const act::Swap&) -> View { return "swap"; });
}

std::vector<std::string> devices_of(const DiskAction& action) {
  const auto* stripe = action.as<act::Stripe>();
  return stripe != nullptr ? stripe->members : std::vector{action.device};
}

std::string describe_action(const DiskAction& action) {
  const auto& device = action.device;
  return match(
      action.act, [&](const act::Leave&) { return "leave " + device; },
      [&](const act::Grow& grow) {
        return "grow " + name_part(device, grow.partition) + " and its " + grow.file_system;
      },
      [&](const act::Format& format) { return describe(format, device); },
      [&](const act::Stripe& stripe) {
        return (stripe.assemble ? "assemble " : "make ") + device + " of " +
               join(stripe.members, " ");
      },
      [&](const act::Adopt& adopt) {
        return std::string(adopt.file_system.empty() ? "remove" : "take over") +
               " cloud-init's line in /etc/fstab for " + name_part(device, adopt.partition);
      },
      [&](const act::Mount& mount) {
        return "mount " + name_part(device, mount.partition) + " at " + mount.mount_point;
      },
      [&](const act::Swap& swap) { return describe(swap, device); });
}

}  // namespace azl::disk
