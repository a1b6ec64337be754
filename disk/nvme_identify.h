// What an NVMe namespace of Azure says of itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::disk {

/// Azure's words in the vendor's part of the identify-namespace page, from byte 384:
/// "type=local,index=1,name=nvme-110G-1".
struct NvmeIdentity {
  std::string type = {};  ///< "os", "data", "local", or what comes later; never empty
  int index = -1;         ///< of a local disk, from 1; -1: none
  int lun = -1;           ///< of a data disk; -1: none
  std::string name = {};
  bool operator==(const NvmeIdentity&) const = default;
};

/// Pure: any bytes, any size. Keys that are not known are ignored. Empty: it has no such words, or
/// words that can't be believed: no NUL at their end, a character that can't be printed, a value of
/// more than 64 characters, a key twice, a number above 65,535.
[[nodiscard]] std::optional<NvmeIdentity> parse_identify(std::span<const std::byte> page);

/// Asks an NVMe namespace, "/dev/nvme0n1", for its identify-namespace page: 4,096 bytes. Errors:
/// kIo. Needs root.
[[nodiscard]] Result<std::vector<std::byte>> read_identify(const Root& root,
                                                           const std::string& device,
                                                           std::uint32_t nsid);

}  // namespace azl::disk
