#include "disk/azure_disk.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <utility>

#include "base/sysfs.h"
#include "base/text.h"
#include "disk/sysfs.h"

namespace azl::disk {

namespace {

constexpr std::string_view kMicrosoftPci = "0x1414";
constexpr std::string_view kRemoteModel = "MSFT NVMe Accelerator v1.0";
constexpr std::array<std::string_view, 2> kLocalModels{"Microsoft NVMe Direct Disk",
                                                       "Microsoft NVMe Direct Disk v2"};

/// A noun phrase: "the data disk of LUN 3".
std::string describe_kind(DiskKind kind, int number) {
  switch (kind) {
    case DiskKind::kOs:
      return "the OS disk";
    case DiskKind::kResource:
      return "the resource disk";
    case DiskKind::kLocal:
      return number < 0 ? "a local disk" : "local disk " + std::to_string(number);
    case DiskKind::kData:
      return number < 0 ? "a data disk" : "the data disk of LUN " + std::to_string(number);
    case DiskKind::kArray:
    case DiskKind::kOther:
      break;
  }
  return "not an Azure disk";
}

bool is_ephemeral(DiskKind kind) { return kind == DiskKind::kResource || kind == DiskKind::kLocal; }

/// A link, or a directory of links whose names are a prefix and a number.
struct LinkRule {
  std::string_view path;    ///< of the link or the directory
  std::string_view prefix;  ///< of the names in the directory
  bool directory;
  DiskKind kind;
  std::string_view why;  ///< beginning of DiskIdentity::why
};

constexpr std::string_view kVmUtils = "azure-vm-utils calls it ";
constexpr std::string_view kOlderRules = "Azure's older udev rules call it ";

/// If several rules match a disk, the first one counts. Rules for disks that are never formatted
/// come first.
constexpr std::array<LinkRule, 7> kLinkRules{{
    {"/dev/disk/azure/os", "", false, DiskKind::kOs, kVmUtils},
    {"/dev/disk/azure/root", "", false, DiskKind::kOs, kVmUtils},
    {"/dev/disk/azure/data/by-lun", "", true, DiskKind::kData, kVmUtils},
    {"/dev/disk/azure/scsi1", "lun", true, DiskKind::kData, kOlderRules},
    {"/dev/disk/azure/local/by-index", "", true, DiskKind::kLocal, kVmUtils},
    {"/dev/disk/azure/resource", "", false, DiskKind::kResource, kVmUtils},
    {"/dev/disk/cloud/azure_resource", "", false, DiskKind::kResource, kOlderRules},
}};

void add_link(const Root& root, const LinkRule& rule, const std::string& path, int number,
              LinkedDisks& found) {
  if (!root.link_target(path)) return;
  const std::string node = follow_links(root, path);
  const std::string name = name_of(node);
  // The targets of links like "0-part1" are partitions.
  if (name.empty() || !root.exists(node) || !root.exists("/sys/block/" + name)) return;
  // try_emplace keeps the result of an earlier rule.
  found.try_emplace(name, DiskIdentity{rule.kind, number,
                                       std::string(rule.why) + describe_kind(rule.kind, number)});
}

void add_links_of_directory(const Root& root, const LinkRule& rule, LinkedDisks& found) {
  const std::string directory(rule.path);
  const auto names = root.list(directory);
  if (!names) return;  // then the disks are identified by their hardware
  for (const std::string& name : *names) {
    if (!name.starts_with(rule.prefix)) continue;
    const auto number = parse_number(std::string_view(name).substr(rule.prefix.size()));
    if (!number || *number > INT_MAX) continue;
    add_link(root, rule, directory + "/" + name, static_cast<int>(*number), found);
  }
}

bool is_scsi_host(std::string_view part) {
  return part.starts_with("host") && parse_number(part.substr(4)).has_value();
}

/// The device_id of the VMBus device of a disk; empty if it has none. In the disk's directory,
/// ".../VMBUS:00/f8b3781a-…/host0/target0:0:0/0:0:0:1/block/sdb", it is the parent of the SCSI
/// host.
std::string vmbus_id(const Root& root, const std::string& name) {
  const std::string path = follow_links(root, "/sys/block/" + name);
  const auto parts = split(path, '/');
  const auto host = std::find_if(parts.rbegin(), parts.rend(), is_scsi_host);
  if (host == parts.rend()) return {};
  std::string device;
  for (auto part = host + 1; part != parts.rend(); ++part) {
    device.insert(0, "/" + std::string(*part));
  }
  return read_attribute(root, device + "/device_id");
}

/// The LUN of a disk, the last number of its SCSI device's name "H:C:T:L"; -1 if it has none.
int lun_of(const Root& root, const std::string& name) {
  const std::string address = read_link_name(root, "/sys/block/" + name + "/device");
  const auto lun = parse_number(std::string_view(address).substr(address.rfind(':') + 1));
  const bool is_address = std::ranges::count(address, ':') == 3;
  return is_address && lun && *lun <= INT_MAX ? static_cast<int>(*lun) : -1;
}

std::optional<DiskIdentity> read_scsi(const Root& root, const std::string& name) {
  const std::string device = "/sys/block/" + name + "/device/";
  if (read_attribute(root, device + "vendor") != "Msft") return std::nullopt;
  if (read_attribute(root, device + "model") != "Virtual Disk") return std::nullopt;
  return identify_scsi(vmbus_id(root, name), lun_of(root, name));
}

/// The PCI vendor of a namespace's controller. With NVMe multipath, `device` is a subsystem that
/// contains the controllers.
std::string pci_vendor(const Root& root, const std::string& device) {
  std::string vendor = read_attribute(root, device + "/device/vendor");
  const auto names = root.list(device).value_or(std::vector<std::string>());
  for (const std::string& name : names) {
    if (!vendor.empty()) break;
    if (name.starts_with("nvme"))
      vendor = read_attribute(root, device + "/" + name + "/device/vendor");
  }
  return vendor;
}

std::optional<DiskIdentity> read_nvme(const Root& root, const std::string& name,
                                      const std::vector<std::string>& local_models,
                                      const ReadIdentify& read_identify) {
  const std::string directory = "/sys/block/" + name;
  NvmeDisk disk{.vendor = pci_vendor(root, directory + "/device"),
                .model = read_attribute(root, directory + "/device/model")};
  const auto nsid = read_number(root, directory + "/nsid");
  if (nsid && *nsid <= UINT32_MAX) disk.nsid = static_cast<std::uint32_t>(*nsid);
  auto by_model = identify_nvme(disk, local_models);
  if (!by_model || !read_identify) return by_model;
  const auto page = read_identify(root, node_of(name), disk.nsid);
  if (!page) return by_model;  // the page only adds to what the model says
  disk.identity = parse_identify(*page);
  return identify_nvme(disk, local_models);
}

/// Identifies a disk by its model alone.
std::optional<DiskIdentity> identify_by_model(const NvmeDisk& disk,
                                              const std::vector<std::string>& local_models) {
  const std::string why = "its NVMe model is " + printable(disk.model);
  const bool microsoft = disk.vendor == kMicrosoftPci;
  if (microsoft && disk.model == kRemoteModel) {
    if (disk.nsid == 1) return DiskIdentity{DiskKind::kOs, -1, why + " and its namespace ID is 1"};
    if (disk.nsid == 0 || disk.nsid > INT_MAX) return std::nullopt;
    return DiskIdentity{DiskKind::kData, static_cast<int>(disk.nsid) - 2,
                        why + " and its namespace ID is " + std::to_string(disk.nsid)};
  }
  if (microsoft && std::ranges::find(kLocalModels, disk.model) != kLocalModels.end()) {
    return DiskIdentity{DiskKind::kLocal, -1, why};
  }
  if (std::ranges::find(local_models, disk.model) != local_models.end()) {
    return DiskIdentity{DiskKind::kLocal, -1, why + ", which is in LocalModels="};
  }
  return std::nullopt;
}

/// Identifies a disk by its identify page; nullopt if the type is not known.
std::optional<DiskIdentity> identify_by_page(const NvmeIdentity& identity) {
  const std::string why = "it identifies itself as ";
  const auto as = [&](DiskKind kind, int number) {
    return DiskIdentity{kind, number, why + describe_kind(kind, number)};
  };
  if (identity.type == "os") return as(DiskKind::kOs, -1);
  if (identity.type == "data") return as(DiskKind::kData, identity.lun);
  if (identity.type == "local")
    return as(DiskKind::kLocal, identity.index > 0 ? identity.index : -1);
  return std::nullopt;
}

}  // namespace

LinkedDisks read_links(const Root& root) {
  LinkedDisks found;
  for (const LinkRule& rule : kLinkRules) {
    if (rule.directory) {
      add_links_of_directory(root, rule, found);
    } else {
      add_link(root, rule, std::string(rule.path), -1, found);
    }
  }
  return found;
}

std::optional<DiskIdentity> identify_scsi(std::string_view device_id, int lun) {
  const std::string id = lower(device_id);
  const auto as = [](DiskKind kind, int number = -1) {
    return DiskIdentity{kind, number, "its VMBus device is that of " + describe_kind(kind, number)};
  };
  // Generation 1: IDE, with a VMBus device for each disk.
  if (id.starts_with("{00000000-0000-")) return as(DiskKind::kOs);
  if (id.starts_with("{00000000-0001-")) return as(DiskKind::kResource);
  // Generation 2: SCSI controllers, whose GUIDs differ in one digit.
  if (id == "{f8b3781a-1e82-4818-a1c3-63d806ec15bb}") {
    if (lun == 0) return as(DiskKind::kOs);
    if (lun == 1) return as(DiskKind::kResource);
    return std::nullopt;
  }
  for (const std::string_view data : {"{f8b3781b-", "{f8b3781c-", "{f8b3781d-"}) {
    if (id.starts_with(data)) return as(DiskKind::kData, lun);
  }
  return std::nullopt;
}

std::optional<DiskIdentity> identify_nvme(const NvmeDisk& disk,
                                          const std::vector<std::string>& local_models) {
  auto identity = identify_by_model(disk, local_models);
  if (!identity || !disk.identity) return identity;
  auto by_page = identify_by_page(*disk.identity);
  if (!by_page) return identity;
  // The page never turns a disk that must not be formatted into one that may be.
  if (is_ephemeral(by_page->kind) && !is_ephemeral(identity->kind)) return identity;
  if (by_page->kind == identity->kind && by_page->number < 0) return identity;
  by_page->why = identity->why + "; " + by_page->why;
  return by_page;
}

DiskIdentity identify_disk(const Root& root, const std::string& name, const LinkedDisks& links,
                           const std::vector<std::string>& local_models,
                           const ReadIdentify& read_identify) {
  const auto link = links.find(name);
  const bool linked = link != links.end();
  const bool is_nvme = name.starts_with("nvme");
  // A link already has the number: udev has read the identify page.
  auto hardware = is_nvme
                      ? read_nvme(root, name, local_models, linked ? ReadIdentify() : read_identify)
                      : read_scsi(root, name);
  if (!linked) {
    if (hardware) return std::move(*hardware);
    return {.why = "neither udev's links nor its hardware identify it as an Azure disk"};
  }
  if (hardware && !is_ephemeral(hardware->kind) && is_ephemeral(link->second.kind)) {
    hardware->why += ", although udev's links say otherwise";
    return std::move(*hardware);
  }
  return link->second;
}

}  // namespace azl::disk
