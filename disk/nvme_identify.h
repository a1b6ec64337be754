// The identity that an NVMe namespace on Azure has in its identify page.
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

/// Azure's keys in the vendor-specific part of the identify-namespace page, from byte 384:
/// "type=local,index=1,name=nvme-110G-1".
struct NvmeIdentity {
  std::string type = {};  ///< "os", "data", "local", or a later type; never empty
  int index = -1;         ///< of a local disk, from 1; -1: none
  int lun = -1;           ///< of a data disk; -1: none
  std::string name = {};
  bool operator==(const NvmeIdentity&) const = default;
};

/// Parses a page of any size and content. Ignores unknown keys. Returns nullopt if the page has no
/// type, or if the text is invalid: no NUL at its end, a character that is not printable ASCII, a
/// value of more than 64 characters, a key that occurs twice, a number above 65,535. Pure.
[[nodiscard]] std::optional<NvmeIdentity> parse_identify(std::span<const std::byte> page);

/// Reads the identify-namespace page, 4,096 bytes, of an NVMe namespace, "/dev/nvme0n1". Errors:
/// kIo. Needs root.
[[nodiscard]] Result<std::vector<std::byte>> read_identify(const Root& root,
                                                           const std::string& device,
                                                           std::uint32_t nsid);

}  // namespace azl::disk
