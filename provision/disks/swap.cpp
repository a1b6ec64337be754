#include "provision/disks/swap.h"

#include <chrono>

#include "disk/file_system.h"
#include "disk/swap.h"
#include "provision/store/disks.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSwapTime = 2min;
constexpr const char* kSwapFile = "swapfile";

}  // namespace

Result<void> activate_swap(const Context& context, const std::string& device,
                           const disk::act::Swap& swap, disk::DiskHistory& history) {
  auto& processes = context.machine.processes;
  if (swap.mount_point.empty()) return disk::swap_on(processes, device, context.within(kSwapTime));
  const auto path = swap.mount_point + "/" + kSwapFile;
  const Root& root = context.root();
  if (const auto found = OR_RETURN(disk::find_swap_file(root, path))) {
    if (const auto why = disk::why_not_swap_to(*found, history, swap.size); !why.empty())
      return fail(Cause::kSwapFileRefused,
                  path + " stays as it is, and is not used as swap: " + why);
  } else {
    const auto made = OR_RETURN(disk::make_swap_file(
        processes, root, path, swap.size, swap.file_system, context.within(disk::kFileSystemTime)));
    OR_RETURN(record_swap_file_and_save(root, history, made.uuid));
  }
  return disk::swap_on(processes, path, context.within(kSwapTime));
}

}  // namespace azl::provision
