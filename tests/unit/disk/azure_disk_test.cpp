#include "disk/azure_disk.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/disk/fake_disks.h"

namespace azl::disk {
namespace {

using namespace test;

/// "kind number" of an identity; "none" if there is none.
std::string brief(const std::optional<DiskIdentity>& identity) {
  if (!identity) return "none";
  return std::string(to_string(identity->kind)) + " " + std::to_string(identity->number);
}

std::string brief(const FakeDisks& disks, const std::string& name,
                  const ReadIdentify& read_identify = {}) {
  const Root root = disks.root();
  return brief(identify_disk(root, name, read_links(root), {}, read_identify));
}

TEST_CASE("a SCSI disk is identified by its VMBus device and its LUN") {
  struct Row {
    const char* device_id;
    int lun;
    const char* expected;
  };
  const std::vector<Row> rows{
      {kIdeOs, 0, "os -1"},
      {kIdeResource, 0, "resource -1"},
      {"{00000000-0001-8899-0000-000000000001}", 5, "resource -1"},
      {"{00000001-0001-8899-0000-000000000000}", 0, "none"},  // the BitLocker volume
      {kScsi0, 0, "os -1"},
      {kScsi0, 1, "resource -1"},
      {"{F8B3781A-1E82-4818-A1C3-63D806EC15BB}", 1, "resource -1"},
      {kScsi0, 2, "none"},  // the provisioning disc
      {kScsi0, -1, "none"},
      {kScsi1, 0, "data 0"},
      {"{f8b3781c-1e82-4818-a1c3-63d806ec15bb}", 63, "data 63"},
      {"{f8b3781d-1e82-4818-a1c3-63d806ec15bb}", 7, "data 7"},
      {"{f8b3781e-1e82-4818-a1c3-63d806ec15bb}", 0, "none"},
      {"", 0, "none"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.device_id);
    CAPTURE(row.lun);
    CHECK(brief(identify_scsi(row.device_id, row.lun)) == row.expected);
  }
}

TEST_CASE("an NVMe disk is identified by its vendor, model and namespace") {
  struct Row {
    NvmeDisk disk;
    const char* expected;
  };
  const std::vector<Row> rows{
      {{kMicrosoft, "Microsoft NVMe Direct Disk", 1, {}}, "local -1"},
      {{kMicrosoft, kLocalModel, 1, {}}, "local -1"},
      {{"0x144d", kLocalModel, 1, {}}, "none"},
      {{kMicrosoft, "Microsoft NVMe Direct Disk v3", 1, {}}, "none"},
      {{kMicrosoft, kRemoteModel, 1, {}}, "os -1"},
      {{kMicrosoft, kRemoteModel, 2, {}}, "data 0"},
      {{kMicrosoft, kRemoteModel, 9, {}}, "data 7"},
      {{kMicrosoft, kRemoteModel, 0, {}}, "none"},
      {{kMicrosoft, kRemoteModel, 0xFFFFFFFF, {}}, "none"},
      {{"", kRemoteModel, 1, {}}, "none"},
      {{"0x1b36", "QEMU NVMe Ctrl", 1, {}}, "local -1"},
      {{"", "", 1, {}}, "none"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.disk.model);
    CAPTURE(row.disk.nsid);
    CHECK(brief(identify_nvme(row.disk, {"QEMU NVMe Ctrl"})) == row.expected);
  }
}

TEST_CASE("the identify page refines the model, and never makes a remote disk a local one") {
  struct Row {
    const char* model;
    NvmeIdentity identity;
    const char* expected;
  };
  const std::vector<Row> rows{
      {kLocalModel, {.type = "local", .index = 3}, "local 3"},
      {kLocalModel, {.type = "local", .index = 0}, "local -1"},
      {kLocalModel, {.type = "local"}, "local -1"},
      {kLocalModel, {.type = "later", .index = 3}, "local -1"},
      {kLocalModel, {.type = "data", .lun = 4}, "data 4"},
      {kLocalModel, {.type = "os"}, "os -1"},
      {kRemoteModel, {.type = "local", .index = 1}, "data 3"},
      {kRemoteModel, {.type = "data", .lun = 9}, "data 9"},
      {kRemoteModel, {.type = "data"}, "data 3"},
      {kRemoteModel, {.type = "os"}, "os -1"},
      {"other", {.type = "local", .index = 1}, "none"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.model);
    CAPTURE(row.identity.type);
    const NvmeDisk disk{kMicrosoft, row.model, 5, row.identity};
    CHECK(brief(identify_nvme(disk, {})) == row.expected);
  }
}

TEST_CASE("LocalModels= does not make Azure's remote disk a local one") {
  const NvmeDisk disk{kMicrosoft, kRemoteModel, 3, {}};
  CHECK(brief(identify_nvme(disk, {kRemoteModel})) == "data 1");
}

TEST_CASE("the VMBus device of a disk is the parent of its SCSI host at any depth") {
  FakeDisks disks;
  disks.scsi("sda", kScsi0, "0:0:0:0", "8:0").scsi("sdb", kScsi0, "0:0:0:1", "8:16");
  disks.scsi("sdc", kScsi1, "1:0:0:12", "8:32");
  CHECK(brief(disks, "sda") == "os -1");
  CHECK(brief(disks, "sdb") == "resource -1");
  CHECK(brief(disks, "sdc") == "data 12");
  CHECK(identify_disk(disks.root(), "sdb", {}, {}, {}).why ==
        "its VMBus device is that of the resource disk");
}

TEST_CASE("a SCSI disk of another vendor is not an Azure disk") {
  FakeDisks disks;
  disks.scsi("sda", kScsi0, "0:0:0:1", "8:0");
  disks.attribute("sda", "device/vendor", "QEMU");
  CHECK(brief(disks, "sda") == "other -1");
  FakeDisks without_host;
  without_host.disk("vda", "pci0000:00/virtio0/block", "254:0");
  CHECK(brief(without_host, "vda") == "other -1");
}

TEST_CASE("NVMe disks are read from /sys, with and without multipath") {
  FakeDisks disks;
  disks.nvme("nvme0n1", kMicrosoft, kRemoteModel, 1, "259:0");
  disks.nvme("nvme0n2", kMicrosoft, kRemoteModel, 2, "259:1");
  disks.nvme("nvme1n1", kMicrosoft, kLocalModel, 1, "259:2");
  CHECK(brief(disks, "nvme0n1") == "os -1");
  CHECK(brief(disks, "nvme0n2") == "data 0");
  CHECK(brief(disks, "nvme1n1") == "local -1");
  CHECK(identify_disk(disks.root(), "nvme1n1", {}, {}, {}).why ==
        "its NVMe model is Microsoft NVMe Direct Disk v2");

  FakeDisks multipath;
  const std::string subsystem = "virtual/nvme-subsystem/nvme-subsys0";
  multipath.disk("nvme0n1", subsystem, "259:0").attribute("nvme0n1", "nsid", "1");
  multipath.tree().write("sys/devices/" + subsystem + "/model", kLocalModel);
  multipath.link("../../nvme-subsys0", "sys/devices/" + subsystem + "/nvme0n1/device");
  multipath.link("../../../pci/nvme/nvme0", "sys/devices/" + subsystem + "/nvme0");
  multipath.tree().write("sys/devices/pci/vendor", "0x1414\n");
  multipath.link("../..", "sys/devices/pci/nvme/nvme0/device");
  CHECK(brief(multipath, "nvme0n1") == "local -1");
}

TEST_CASE("the identify page is read only if the model is known and there is no link") {
  FakeDisks disks;
  disks.nvme("nvme0n1", kMicrosoft, kLocalModel, 1, "259:0");
  disks.nvme("nvme1n1", "0x144d", "other", 1, "259:1");
  disks.nvme("nvme2n1", kMicrosoft, kLocalModel, 7, "259:2");
  disks.link("../../../../nvme0n1", "dev/disk/azure/local/by-index/2");
  std::vector<std::string> read;
  const ReadIdentify read_page = [&](const Root&, const std::string& device,
                                     std::uint32_t nsid) -> Result<std::vector<std::byte>> {
    read.push_back(device + " " + std::to_string(nsid));
    return fail(Reason::kIo, "it does not answer");
  };
  CHECK(brief(disks, "nvme0n1", read_page) == "local 2");
  CHECK(brief(disks, "nvme1n1", read_page) == "other -1");
  CHECK(brief(disks, "nvme2n1", read_page) == "local -1");
  CHECK(read == std::vector<std::string>{"/dev/nvme2n1 7"});
}

TEST_CASE("udev's links identify disks") {
  FakeDisks disks;
  for (const char* name : {"sda", "sdb", "sdc", "sdd", "sde", "sdf"}) {
    disks.disk(name, std::string("other/") + name, "8:0" + std::string(name));
  }
  disks.link("../../sda", "dev/disk/azure/root");
  disks.link("../../sdb", "dev/disk/azure/resource");
  disks.link("../../../../sdc", "dev/disk/azure/data/by-lun/5");
  disks.link("../../../sdd", "dev/disk/azure/scsi1/lun0");
  disks.link("/dev/sde", "dev/disk/cloud/azure_resource");
  CHECK(brief(disks, "sda") == "os -1");
  CHECK(brief(disks, "sdb") == "resource -1");
  CHECK(brief(disks, "sdc") == "data 5");
  CHECK(brief(disks, "sdd") == "data 0");
  CHECK(brief(disks, "sde") == "resource -1");
  CHECK(brief(disks, "sdf") == "other -1");
  const auto links = read_links(disks.root());
  CHECK(links.at("sdb").why == "azure-vm-utils calls it the resource disk");
  CHECK(links.at("sdd").why == "Azure's older udev rules call it the data disk of LUN 0");
}

TEST_CASE("links to partitions, to missing disks and to other files are skipped") {
  FakeDisks disks;
  disks.disk("sda", "other", "8:0").partition("sda", "sda1", 1, "8:1");
  disks.link("../../sdz", "dev/disk/azure/os");            // does not exist
  disks.link("../../sda1", "dev/disk/azure/resource");     // not a whole disk
  disks.link("../../../etc", "dev/disk/azure/root");       // not a device
  disks.link("resource", "dev/disk/azure/data/by-lun/x");  // not a number
  disks.link("../../../../sda1", "dev/disk/azure/data/by-lun/0-part1");
  disks.tree().write("dev/disk/azure/scsi1/lun1", "");
  CHECK(read_links(disks.root()).empty());
  FakeDisks removed;
  removed.disk("sdb", "other", "8:16").link("../../sdb", "dev/disk/azure/resource");
  removed.tree().mkdir("kept");
  REQUIRE(removed.root().remove("/dev/sdb"));
  CHECK(read_links(removed.root()).empty());
}

TEST_CASE("if links contradict each other or the hardware, the disk counts as a data disk") {
  FakeDisks disks;
  disks.scsi("sda", kScsi1, "1:0:0:3", "8:0").scsi("sdb", kScsi0, "0:0:0:1", "8:16");
  disks.link("../../sda", "dev/disk/azure/resource");
  disks.link("../../sdb", "dev/disk/cloud/azure_resource");
  disks.link("../../../../sdb", "dev/disk/azure/data/by-lun/4");
  CHECK(brief(disks, "sda") == "data 3");
  CHECK(brief(disks, "sdb") == "data 4");
}

}  // namespace
}  // namespace azl::disk
