#include "disk/swap_rules.h"

#include <algorithm>

#include "disk/block_device.h"

namespace azl::disk {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr mode_t kPrivate = 0600;

/// Permissions as "0600".
std::string describe_mode(mode_t mode) {
  std::string digits;
  for (const unsigned shift : {9U, 6U, 3U, 0U})
    digits += static_cast<char>('0' + (mode >> shift & 7U));
  return digits;
}

}  // namespace

std::string why_not_swap_to(const FoundSwapFile& file, const DiskHistory& history,
                            std::uint64_t size) {
  if (!file.plain) return "it is not a plain file";
  if (!file.on_file_system) return "it is on another file system";
  if (file.owner != 0) return "it belongs to uid " + std::to_string(file.owner) + ", not to root";
  if (file.mode != kPrivate) return "its mode is " + describe_mode(file.mode) + ", not 0600";
  if (file.links != 1) return "it has " + std::to_string(file.links) + " hard links";
  if (!file.directory_is_safe) return "users other than root can replace it";
  if (file.type != "swap") return "it has no swap area";
  const bool made = !file.uuid.empty() &&
                    std::ranges::find(history.swap_files, file.uuid) != history.swap_files.end();
  if (made || file.size == swap_file_size(size)) return {};
  return "this program did not make it, and it has " + std::to_string(file.size / kMiB) +
         " MiB, not the " + std::to_string(size / kMiB) + " MiB of SwapSize=";
}

std::uint64_t swap_file_size(std::uint64_t size) { return (size + kPage - 1) / kPage * kPage; }

}  // namespace azl::disk
