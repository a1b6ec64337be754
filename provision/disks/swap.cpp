#include "provision/disks/swap.h"

#include <chrono>

#include "disk/file_system.h"
#include "disk/swap.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSwapTime = 2min;
constexpr const char* kSwapFile = "swapfile";

}  // namespace

Result<void> activate_swap(const Context& context, const std::string& device,
                           const disk::act::Swap& swap) {
  auto& processes = context.machine.processes;
  if (swap.mount_point.empty()) return disk::swap_on(processes, device, context.within(kSwapTime));
  const auto path = swap.mount_point + "/" + kSwapFile;
  if (!context.root().exists(path))
    OR_RETURN(disk::make_swap_file(processes, context.root(), path, swap.size, swap.file_system,
                                   context.within(disk::kFileSystemTime)));
  return disk::swap_on(processes, path, context.within(kSwapTime));
}

}  // namespace azl::provision
