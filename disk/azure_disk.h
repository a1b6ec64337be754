// Which of Azure's disks a disk is: by udev's links, its VMBus device, or its NVMe model. Never by
// the kernel's name or order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "disk/block_device.h"
#include "disk/nvme_identify.h"

namespace azl::disk {

/// The part of Disk that says what it is to Azure; as there.
struct DiskIdentity {
  DiskKind kind = DiskKind::kOther;
  int number = -1;
  std::string why = {};
  bool operator==(const DiskIdentity&) const = default;
};

/// By names of whole disks, "sdb".
using LinkedDisks = std::map<std::string, DiskIdentity>;

/// What the links of azure-vm-utils' udev rules, and of those before them, say: os, root, resource,
/// data/by-lun/N, local/by-index/N, scsi1/lunN below /dev/disk/azure, and
/// /dev/disk/cloud/azure_resource. A link to what is not there, or is no whole disk, says nothing.
/// A disk with contradicting links is that which loses least when it is left alone.
[[nodiscard]] LinkedDisks read_links(const Root& root);

/// A SCSI disk of Hyper-V by the device_id of its VMBus device and its LUN. Pure; empty: not one of
/// Azure's.
[[nodiscard]] std::optional<DiskIdentity> identify_scsi(std::string_view device_id, int lun);

/// An NVMe disk as /sys and its identify-namespace page have it.
struct NvmeDisk {
  std::string vendor = {};  ///< of the PCI device: "0x1414"
  std::string model = {};
  std::uint32_t nsid = 0;
  std::optional<NvmeIdentity> says = {};
};

/// An NVMe disk by its model, refined by what it says itself, which alone makes no disk a local
/// one. Pure; empty: neither Azure's nor one of `local_models`.
[[nodiscard]] std::optional<DiskIdentity> identify_nvme(
    const NvmeDisk& disk, const std::vector<std::string>& local_models);

/// Asks a namespace for its page, as read_identify does.
using ReadIdentify = std::function<Result<std::vector<std::byte>>(
    const Root& root, const std::string& device, std::uint32_t nsid)>;

/// Identifies one disk by all of that, the best evidence first: the links, then the hardware. But
/// what the hardware shows as the OS disk or a data disk is that, also where a link says that it
/// loses what is on it. `ask` may be null; only NVMe disks by Azure or of `local_models` whose
/// links leave something open are asked.
[[nodiscard]] DiskIdentity identify_disk(const Root& root, const std::string& name,
                                         const LinkedDisks& links,
                                         const std::vector<std::string>& local_models,
                                         const ReadIdentify& ask);

}  // namespace azl::disk
