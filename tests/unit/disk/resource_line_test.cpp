#include "disk/resource_line.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/disk/fake_disks.h"

namespace azl::disk {
namespace {

using test::FakeDisks;

std::string line(const std::string& what, const std::string& point = "/mnt") {
  return what + " " + point + " auto defaults,nofail,comment=cloudconfig 0 2\n";
}

/// The resource disk is sdb, whose partition has a file system; sdc is a data disk.
std::vector<Disk> disks() {
  return {{.device = "/dev/sdb",
           .kind = DiskKind::kResource,
           .partitions = {{.number = 1,
                           .device = "/dev/sdb1",
                           .uuid = "0a-1",
                           .content = {.type = "ext4", .label = "my disk", .uuid = "AB-12"}}}},
          {.device = "/dev/sdc", .kind = DiskKind::kData, .number = 0}};
}

TEST_CASE("cloud-init's line is the resource disk's if its device is, whatever its options say") {
  struct Row {
    const char* what;
    std::string text;
    int partition;  ///< -2: no line is found
  };
  const std::vector<Row> rows = {
      {"cloud-init's name, without a link", line("/dev/disk/cloud/azure_resource-part1"), 1},
      {"cloud-init's name for the whole disk", line("/dev/disk/cloud/azure_resource"), 0},
      {"azure-vm-utils' name, without a link", line("/dev/disk/azure/resource-part2"), 2},
      {"a name that only begins like it", line("/dev/disk/cloud/azure_resource-partx"), -2},
      {"a link to the disk", line("/dev/disk/by-path/resource"), 1},
      {"a link to another disk", line("/dev/disk/by-path/data"), -2},
      {"Azure's name, as a link to another disk", line("/dev/disk/azure/resource-part1"), -2},
      {"a label with a link", line("LABEL=scratch"), 1},
      {"a label without a link", line(R"(LABEL="my\040disk")"), 1},
      {"a UUID", line("UUID=ab-12"), 1},
      {"the UUID of a partition", line("PARTUUID=0A-1"), 1},
      {"a label that no disk has", line("LABEL=other"), -2},
      {"the kernel's name", line("/dev/sdb1"), 1},
      {"the kernel's name of a partition that does not exist", line("/dev/sdb2"), 2},
      {"the kernel's name of another disk", line("/dev/sdc1"), -2},
      {"a name that begins with the kernel's", line("/dev/sdb1x"), -2},
      // On an earlier boot another disk may have had the name.
      {"the kernel's name, at another mount point", line("/dev/sdb1", "/data"), -2},
      {"a stable name, at another mount point", line("LABEL=scratch", "/data"), 1},
      {"an administrator's line", "LABEL=scratch /mnt ext4 defaults 0 2\n", -2},
      {"an administrator's line for the mount point, too",
       line("LABEL=scratch") + "LABEL=x /mnt ext4 defaults 0 2\n", -2},
      {"a user's own mount of another disk", line("LABEL=x", "/data"), -2},
      {"no line", "", -2},
  };
  FakeDisks fake;
  fake.link("../../sdb1", "dev/disk/by-path/resource").link("../../sdc", "dev/disk/by-path/data");
  fake.link("../../sdb1", "dev/disk/by-label/scratch");
  const auto root = fake.root();
  for (const auto& row : rows) {
    CAPTURE(row.what);
    if (std::string(row.what).starts_with("Azure's name, as a link"))
      fake.link("../../sdc", "dev/disk/azure/resource-part1");
    const auto found = find_resource_line(root, row.text, disks(), "/mnt");
    CHECK(found.has_value() == (row.partition != -2));
    if (!found) continue;
    CHECK(found->device == "/dev/sdb");
    CHECK(found->partition == row.partition);
    CHECK(found->replaced == std::vector{row.text.substr(0, row.text.size() - 1)});
  }
}

TEST_CASE("the line that has taken the place of cloud-init's is found, also without the disk") {
  const std::string ours =
      "UUID=gone /scratch ext4 nofail,x-azl-provision,x-azl-provision.adopted,noatime 0 2\n";
  FakeDisks fake;
  const auto root = fake.root();
  auto found = find_resource_line(root, ours, disks(), "/mnt");
  REQUIRE(found);
  CHECK(found->device == "/dev/sdb");
  CHECK(found->partition == -1);
  CHECK(found->replaced.empty());
  CHECK(found->mount_point == "/scratch");
  CHECK(found->options == "noatime");
  found = find_resource_line(root, ours + line("/dev/sdb1"), {}, "/mnt");
  REQUIRE(found);
  CHECK(found->device.empty());
  CHECK(found->replaced.empty());
  // cloud-init has written its line again since then.
  found = find_resource_line(root, ours + line("LABEL=my\\040disk", "/again"), disks(), "/mnt");
  REQUIRE(found);
  CHECK(found->mount_point == "/again");
  CHECK(found->partition == 1);
  CHECK(found->replaced.size() == 1);
}

TEST_CASE("the type of the file system that the line has mounted is found") {
  FakeDisks fake;
  fake.mount("8:17", "/mnt", "tmpfs", "tmpfs").mount("8:17", "/mnt", "ext4", "/dev/sdb1");
  const auto text = line("/dev/disk/cloud/azure_resource-part1");
  auto all = disks();
  CHECK(find_resource_line(fake.root(), text, all, "/mnt")->mounted_type.empty());
  all[0].partitions[0].use.mounted_at = {"/mnt"};
  const auto found = find_resource_line(fake.root(), text, all, "/mnt");
  REQUIRE(found);
  CHECK(found->mounted_type == "ext4");
  CHECK_FALSE(found->mounted_untouched);
}

TEST_CASE(
    "an NTFS file system that the line has mounted is untouched if it has Azure's files only") {
  const auto text = line("/dev/disk/cloud/azure_resource-part1");
  auto all = disks();
  all[0].partitions[0].use.mounted_at = {"/mnt"};
  for (const std::string type : {"ntfs", "ntfs3", "fuseblk", "vfat"}) {
    CAPTURE(type);
    FakeDisks fake;
    fake.mount("8:17", "/mnt", type, "/dev/sdb1");
    fake.tree().write("mnt/DATALOSS_WARNING_README.txt", "").mkdir("mnt/System Volume Information");
    const auto root = fake.root();
    CHECK(find_resource_line(root, text, all, "/mnt")->mounted_untouched == (type != "vfat"));
    fake.tree().write("mnt/thesis.docx", "");
    CHECK_FALSE(find_resource_line(root, text, all, "/mnt")->mounted_untouched);
  }
}

}  // namespace
}  // namespace azl::disk
