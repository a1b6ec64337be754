#include "provision/custom_data/plan/disk_name.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

/// "DISK PATH PARTITION"; empty if it is no disk.
std::string parsed(std::string_view name) {
  const auto disk = parse_disk_name(name);
  if (!disk) return {};
  return describe_target(disk->target) + " " + disk->disk + " " + std::to_string(disk->partition);
}

TEST_CASE("disks are named as cloud-init, udev and the kernel name them") {
  struct Row {
    std::string_view name;
    std::string_view disk;
  };
  const std::string resource = "the resource disk /dev/disk/cloud/azure_resource ";
  const Row rows[] = {
      {"/dev/disk/azure/resource", "the resource disk /dev/disk/azure/resource 0"},
      {"/dev/disk/azure/resource-part1", "the resource disk /dev/disk/azure/resource 1"},
      {"/dev/disk/azure/scsi1/lun0", "LUN 0 /dev/disk/azure/scsi1/lun0 0"},
      {"/dev/disk/azure/scsi1/lun63-part1", "LUN 63 /dev/disk/azure/scsi1/lun63 1"},
      {"/dev/disk/azure/scsi1/lun7.1", "LUN 7 /dev/disk/azure/scsi1/lun7 1"},
      {"/dev/disk/azure/data/by-lun/12", "LUN 12 /dev/disk/azure/data/by-lun/12 0"},
      {"/dev/disk/azure/data/by-lun/12-part128", "LUN 12 /dev/disk/azure/data/by-lun/12 128"},
      {"/dev/sdc", "/dev/sdc /dev/sdc 0"},
      {"/dev/sdc1", "/dev/sdc /dev/sdc 1"},
      {"sdc", "/dev/sdc /dev/sdc 0"},
      {"sdc15", "/dev/sdc /dev/sdc 15"},
      {"sdc.1", "/dev/sdc /dev/sdc 1"},
      {"/dev/sdaa.2", "/dev/sdaa /dev/sdaa 2"},
      {"xvdb1", "/dev/xvdb /dev/xvdb 1"},
      {"vda", "/dev/vda /dev/vda 0"},
      {"/dev/hdb", "/dev/hdb /dev/hdb 0"},
      {"/dev/nvme0n2", "/dev/nvme0n2 /dev/nvme0n2 0"},
      {"/dev/nvme10n1p1", "/dev/nvme10n1 /dev/nvme10n1 1"},
      {"/dev/nvme0n2.1", "/dev/nvme0n2 /dev/nvme0n2 1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(parsed(row.name) == row.disk);
  }
  CHECK(parsed("ephemeral0") == resource + "0");
  CHECK(parsed("ephemeral") == resource + "0");
  CHECK(parsed("ephemeral0.1") == resource + "1");
  CHECK(parsed("/dev/disk/cloud/azure_resource-part2") == resource + "2");
}

TEST_CASE("nothing else is a disk that azl-provision sets up") {
  for (const std::string_view name : {"",
                                      ".",
                                      ".1",
                                      "ephemeral1",
                                      "ephemeral0.",
                                      "ephemeral0.x",
                                      "ephemeral0.0",
                                      "ephemeral0.129",
                                      "ephemeral0.1.1",
                                      "ephemeral01",
                                      "/dev/ephemeral0",
                                      "ephemeral0-part1",
                                      "/dev/disk/azure/resource1",
                                      "/dev/disk/azure/resource-part",
                                      "/dev/disk/azure/resource-part0",
                                      "/dev/disk/azure/resource-part01",
                                      "/dev/disk/azure/resource-part1.1",
                                      "/dev/disk/azure/resource-partition",
                                      "/dev/disk/azure/scsi1/lun",
                                      "/dev/disk/azure/scsi1/lun64",
                                      "/dev/disk/azure/scsi1/lun00",
                                      "/dev/disk/azure/scsi1/lun-1",
                                      "/dev/disk/azure/scsi1/lun+1",
                                      "/dev/disk/azure/scsi1/lun99999999999",
                                      "/dev/disk/azure/scsi1/lun0p1",
                                      "/dev/disk/azure/scsi0/lun0",
                                      "/dev/disk/azure/root",
                                      "/dev/disk/azure/os",
                                      "/dev/disk/azure/local/by-index/0",
                                      "/dev/disk/azure/data/by-lun/",
                                      "/dev/sd",
                                      "sd",
                                      "sd1",
                                      "/dev/sdabcd",
                                      "/dev/sdC",
                                      "/dev/sdc0",
                                      "/dev/sdc 1",
                                      "/dev/sdc1.1",
                                      "/dev/../sdc",
                                      "/sdc",
                                      "dev/sdc",
                                      "nvme0n1",
                                      "/dev/nvme0",
                                      "/dev/nvme0n1p",
                                      "/dev/nvme0n1p0",
                                      "/dev/nvme0n11p1p1",
                                      "/dev/nvmen1",
                                      "LABEL=data",
                                      "UUID=1234",
                                      "server:/share",
                                      "//server/share",
                                      "tmpfs",
                                      "/swapfile",
                                      "/dev/mapper/x",
                                      "/dev/sr0",
                                      "/dev/md/x"}) {
    CAPTURE(name);
    CHECK(parsed(name).empty());
  }
  CHECK(parsed(std::string_view("sdc\0", 4)).empty());
}

TEST_CASE("a partition's path follows the rule of its disk's name") {
  struct Row {
    std::string_view name;
    std::string_view path;
  };
  const Row rows[] = {
      {"ephemeral0", "/dev/disk/cloud/azure_resource"},
      {"ephemeral0.1", "/dev/disk/cloud/azure_resource-part1"},
      {"/dev/disk/azure/scsi1/lun3.1", "/dev/disk/azure/scsi1/lun3-part1"},
      {"/dev/disk/azure/data/by-lun/3-part2", "/dev/disk/azure/data/by-lun/3-part2"},
      {"sdc", "/dev/sdc"},
      {"sdc.1", "/dev/sdc1"},
      {"/dev/nvme0n2.1", "/dev/nvme0n2p1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto disk = parse_disk_name(row.name);
    REQUIRE(disk.has_value());
    CHECK(make_device_path(*disk) == row.path);
    CHECK(parse_disk_name(row.path) == disk);
  }
}

TEST_CASE("a number after the last dot is split off") {
  struct Row {
    std::string_view text;
    std::string_view name;
    std::string_view suffix;
  };
  const Row rows[] = {{"data.1", "data", ".1"},
                      {"a.b.12", "a.b", ".12"},
                      {"data", "data", ""},
                      {"data.", "data.", ""},
                      {"data.x", "data.x", ""},
                      {".1", "", ".1"},
                      {"", "", ""}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto [name, suffix] = split_dotted_name(row.text);
    CHECK(name == row.name);
    CHECK(suffix == row.suffix);
  }
}

}  // namespace
}  // namespace azl::provision::custom_data
