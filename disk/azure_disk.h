// Which of Azure's disks a block device is. Known by udev's links, by the VMBus device, or by the
// NVMe model; never by the kernel's name or order.
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

/// The members of Disk with the same names.
struct DiskIdentity {
  DiskKind kind = DiskKind::kOther;
  int number = -1;
  std::string why = {};
  bool operator==(const DiskIdentity&) const = default;
};

/// Keys are names of whole disks, "sdb".
using LinkedDisks = std::map<std::string, DiskIdentity>;

/// Reads the links below /dev/disk that the udev rules of azure-vm-utils and their predecessors
/// make: azure/os, azure/root, azure/resource, azure/data/by-lun/N, azure/local/by-index/N,
/// azure/scsi1/lunN, cloud/azure_resource. Skips links whose target does not exist or is not a
/// whole disk. If the links of a disk contradict each other, the kind counts that is never
/// formatted.
[[nodiscard]] LinkedDisks read_links(const Root& root);

/// Identifies a SCSI disk of Hyper-V by its LUN and the device_id of its VMBus device. Returns
/// nullopt if it is not one of Azure's. Pure.
[[nodiscard]] std::optional<DiskIdentity> identify_scsi(std::string_view device_id, int lun);

/// What is known of an NVMe namespace.
struct NvmeDisk {
  std::string vendor = {};                    ///< of the PCI device: "0x1414". From /sys.
  std::string model = {};                     ///< from /sys
  std::uint32_t nsid = 0;                     ///< from /sys
  std::optional<NvmeIdentity> identity = {};  ///< from its identify-namespace page
};

/// Identifies an NVMe disk by its model, and in more detail by its own identity. The identity alone
/// never makes a disk a local one, which may be formatted. Returns nullopt if the disk is neither
/// Azure's nor one of `local_models`. Pure.
[[nodiscard]] std::optional<DiskIdentity> identify_nvme(
    const NvmeDisk& disk, const std::vector<std::string>& local_models);

/// Reads a namespace's identify page, as the function read_identify does.
using ReadIdentify = std::function<Result<std::vector<std::byte>>(
    const Root& root, const std::string& device, std::uint32_t nsid)>;

/// Identifies a disk. Its link counts more than its hardware, with one exception: a disk that is
/// the OS disk or a data disk by its hardware stays that if a link calls it ephemeral.
/// `read_identify` may be null. It is called only for NVMe disks without a link that are Azure's or
/// one of `local_models`.
[[nodiscard]] DiskIdentity identify_disk(const Root& root, const std::string& name,
                                         const LinkedDisks& links,
                                         const std::vector<std::string>& local_models,
                                         const ReadIdentify& read_identify);

}  // namespace azl::disk
