#include "provision/custom_data/plan/disk_resolver.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned_disks.h"

namespace azl::provision::custom_data {
namespace {

using test::Lines;
using test::mounts_of;
using test::plan_of;
using test::remarks_of;

/// Where the first of these names leads to, as what is mounted.
std::string what_of(std::string_view aliases, std::string_view name) {
  const auto lines = mounts_of(plan_of("#cloud-config\ndevice_aliases: " + std::string(aliases) +
                                       "\nmounts: [[" + std::string(name) + ", /data]]\n"));
  return lines.empty() ? "" : lines[0].substr(0, lines[0].find(' '));
}

TEST_CASE("aliases are followed, also with a number of a partition") {
  struct Row {
    std::string_view aliases;
    std::string_view name;
    std::string_view what;
  };
  const std::string_view chain =
      "{a1: a2, a2: a3, a3: a4, a4: a5, a5: a6, a6: a7, a7: a8, a8: /dev/vdb}";
  const std::string_view longer =
      "{a1: a2, a2: a3, a3: a4, a4: a5, a5: a6, a6: a7, a7: a8, a8: a9, a9: /dev/vdb}";
  const Row rows[] = {
      {"{data: /dev/disk/azure/scsi1/lun0}", "data", "/dev/disk/azure/scsi1/lun0"},
      {"{data: /dev/disk/azure/scsi1/lun0}", "data.1", "/dev/disk/azure/scsi1/lun0-part1"},
      {"{data: lun, lun: /dev/disk/azure/data/by-lun/5}", "data.1",
       "/dev/disk/azure/data/by-lun/5-part1"},
      {"{data: lun.1, lun: sdc}", "data", "/dev/sdc1"},
      {"{data: /dev/sdc1}", "data", "/dev/sdc1"},
      {"{data.1: /dev/sdd}", "data.1", "/dev/sdd"},
      {"{sdc: /dev/sdd}", "sdc1", "/dev/sdc1"},
      {"{sdc: /dev/sdd}", "sdc.1", "/dev/sdd1"},
      {"{share: 'server:/x'}", "share", "server:/x"},
      {"{/dev/sdc: /dev/sdc}", "/dev/sdc", "/dev/sdc"},
      {chain, "a1", "/dev/vdb"},
      {longer, "a2", "/dev/vdb"},
      {longer, "a1", ""},
      {"{a: b, b: a}", "a", ""},
      {"{a: [b]}", "a", "a"},
      {"x", "sdc", "/dev/sdc"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.aliases);
    CAPTURE(row.name);
    CHECK(what_of(row.aliases, row.name) == row.what);
  }
}

TEST_CASE("aliases that cannot be used are named") {
  struct Row {
    std::string aliases;
    Lines remarks;
  };
  const Row rows[] = {
      {"", {"w 2:1 no-value"}},
      {"[a]", {"e 2:1 device-alias"}},
      {"{a: [b], good: sdc}", {"e 2:18 device-alias"}},
      {"{a: " + std::string(1025, 'x') + "}", {"e 2:18 device-alias"}},
      {"{a: b, b: a}", {"e 2:18 device-alias", "e 2:24 device-alias"}},
      {"{a: a}", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.aliases);
    const auto plan = plan_of("#cloud-config\ndevice_aliases: " + row.aliases + "\n");
    CHECK(remarks_of(plan) == row.remarks);
    CHECK(plan.items.empty());
  }
}

TEST_CASE("a name that the kernel gives is warned of once") {
  const auto plan = plan_of(
      "#cloud-config\n"
      "disk_setup: {/dev/sdc: {layout: true}}\n"
      "fs_setup: [{device: /dev/sdc1, filesystem: ext4}]\n"
      "mounts: [[sdc1, /a], [/dev/sdd1, /b], [sdd.2, /c]]\n");
  CHECK(remarks_of(plan) == Lines{"w 2:14 kernel-disk-name", "w 4:23 kernel-disk-name"});
  CHECK(plan.remarks[0].text.starts_with("'/dev/sdc' is a name that the kernel gives"));
  CHECK(plan.remarks[0].advice.contains("/dev/disk/azure/scsi1/lun0"));
}

}  // namespace
}  // namespace azl::provision::custom_data
