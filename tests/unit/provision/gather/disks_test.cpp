#include "provision/gather/disks.h"

#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/store/disks.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"
#include "tests/unit/provision/accounts/account_tree.h"

using namespace azl::provision;
using azl::disk::DiskKind;
using azl::disk::PointState;

namespace {

constexpr const char* kLooking = "/run/azl-provision/disks.looking";

/// A tree with one data disk, LUN 0, and all programs recorded.
struct Fixture {
  Fixture() {
    tree.write("sys/block/sdc/size", "32768\n")
        .write("sys/block/sdc/ro", "0\n")
        .write("sys/block/sdc/dev", "8:32\n")
        .write("sys/block/sdc/device/vendor", "Msft    \n")
        .write("sys/block/sdc/device/model", "Virtual Disk    \n")
        .mkdir("sys/block/sdc/holders")
        .write("dev/sdc", "")
        .symlink("../../../../sdc", "dev/disk/azure/data/by-lun/0")
        .write("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n")
        .write("proc/swaps", "Filename Type Size Used Priority\n")
        .write("data/file", "")
        .write("etc/fstab", "LABEL=x /mnt ext4 defaults 0 0\n")
        .mkdir("run/azl-provision")
        .mkdir("var/lib/azl-provision");
    std::filesystem::resize_file(tree.path("dev/sdc"), 16 << 20);
    config.disk.data = {{.lun = 0, .mount_point = "/data"}};
  }

  azl::test::TemporaryTree tree;
  azl::Root root = azl::Root::open(tree.path()).value();
  azl::test::FakeClock clock;
  azl::test::ScriptedHttp http{clock, {}};
  azl::test::PlayedProcesses processes{[](const azl::Command&) { return azl::ProcessOutput{}; }};
  Machine machine{root, clock, processes, http};
  Config config;
};

std::string formatter_of(const azl::test::TemporaryTree& tree) {
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  return find_disk_formatter(*root);
}

}  // namespace

TEST_CASE("disks, mount points and the history are gathered") {
  Fixture fixture;
  REQUIRE(save_disk_history(fixture.root, {.grown_to = 7}));
  const auto gathered =
      read_disk_facts(fixture.machine, fixture.config, DiskReading::kTouchNothing);
  CHECK(gathered.errors.empty());
  REQUIRE(gathered.facts.disks.size() == 1);
  CHECK(gathered.facts.disks[0].kind == DiskKind::kData);
  CHECK(gathered.facts.disks[0].zeroed);
  CHECK(gathered.facts.points.at("/data") == PointState::kNotEmpty);
  CHECK(gathered.facts.points.at("/mnt") == PointState::kClaimed);
  CHECK(gathered.facts.history.grown_to == 7);
}

TEST_CASE("cloud-init's line for the resource disk does not claim the mount point") {
  Fixture fixture;
  constexpr const char* kLine =
      "/dev/disk/cloud/azure_resource-part1 /mnt auto defaults,comment=cloudconfig 0 2";
  const auto gather = [&](const std::string& fstab) {
    fixture.tree.write("etc/fstab", fstab);
    return read_disk_facts(fixture.machine, fixture.config, DiskReading::kTouchNothing).facts;
  };
  fixture.tree.write("sys/block/sdb/size", "32768\n")
      .write("sys/block/sdb/ro", "0\n")
      .write("sys/block/sdb/dev", "8:16\n")
      .write("dev/sdb", "")
      .symlink("../../sdb", "dev/disk/azure/resource");
  std::filesystem::resize_file(fixture.tree.path("dev/sdb"), 16 << 20);
  auto facts = gather(std::string(kLine) + "\n");
  REQUIRE(facts.resource_line);
  CHECK(facts.resource_line->device == "/dev/sdb");
  CHECK(facts.resource_line->replaced == std::vector<std::string>{kLine});
  CHECK(facts.points.at("/mnt") == PointState::kFree);

  facts = gather("LABEL=x /mnt ext4 defaults,comment=cloudconfig 0 2\n");
  CHECK_FALSE(facts.resource_line);
  CHECK(facts.points.at("/mnt") == PointState::kClaimed);

  // Directories of the system are no place for the disk.
  facts = gather("/dev/disk/cloud/azure_resource-part1 /home auto comment=cloudconfig 0 2\n");
  CHECK_FALSE(facts.resource_line);
  facts = gather("/dev/disk/cloud/azure_resource-part1 /scratch auto comment=cloudconfig 0 2\n");
  REQUIRE(facts.resource_line);
  CHECK(facts.points.contains("/scratch"));
  CHECK_FALSE(facts.points.contains("/mnt"));
  fixture.config.disk.resource_disk = false;
  CHECK_FALSE(gather(std::string(kLine) + "\n").resource_line);
}

TEST_CASE("reading with kTouchNothing runs no program and writes no file") {
  Fixture fixture;
  const auto before = azl::test::snapshot(fixture.tree.path());
  const auto gathered =
      read_disk_facts(fixture.machine, fixture.config, DiskReading::kTouchNothing);
  CHECK(gathered.facts.disks.size() == 1);
  CHECK(fixture.processes.commands.empty());
  CHECK(azl::test::snapshot(fixture.tree.path()) == before);
}

TEST_CASE(
    "the first run settles udev before and after its announcement, and later runs only before") {
  Fixture fixture;
  (void)read_disk_facts(fixture.machine, fixture.config, DiskReading::kSettleAndAnnounce);
  CHECK(fixture.root.exists(kLooking));
  REQUIRE(fixture.processes.commands.size() == 2);
  CHECK(fixture.processes.commands[0].front() == "udevadm");
  (void)read_disk_facts(fixture.machine, fixture.config, DiskReading::kSettleAndAnnounce);
  CHECK(fixture.processes.commands.size() == 3);
}

TEST_CASE("a history that cannot be read is an error, and counts as incomplete") {
  Fixture fixture;
  fixture.tree.write("var/lib/azl-provision/disks.json", "{");
  const auto gathered =
      read_disk_facts(fixture.machine, fixture.config, DiskReading::kTouchNothing);
  REQUIRE(gathered.errors.size() == 1);
  CHECK(gathered.errors[0].reason() == azl::Reason::kState);
  CHECK(gathered.facts.history.incomplete);
}

TEST_CASE("nothing is gathered in a root tree, or if the configuration asks for nothing") {
  Fixture fixture;
  CHECK(gather_disks(fixture.machine, fixture.config, DiskReading::kSettleAndAnnounce)
            .facts.disks.empty());
  fixture.config.disk = {.grow = false, .resource_disk = false};
  CHECK(read_disk_facts(fixture.machine, fixture.config, DiskReading::kSettleAndAnnounce)
            .facts.disks.empty());
  CHECK(fixture.processes.commands.empty());
}

TEST_CASE("another formatter of ephemeral disks is detected by its unit and its configuration") {
  azl::test::TemporaryTree tree;
  CHECK(formatter_of(tree).empty());
  tree.write("etc/waagent.conf", "# ResourceDisk.Format=y\nResourceDisk.Format=y\n");
  CHECK(formatter_of(tree).empty());  // the agent is not enabled
  tree.write("usr/lib/systemd/system/waagent.service", "[Service]\n")
      .symlink("/usr/lib/systemd/system/waagent.service",
               "etc/systemd/system/multi-user.target.wants/waagent.service");
  CHECK(formatter_of(tree) ==
        "WALinuxAgent sets it up (ResourceDisk.Format=y in /etc/waagent.conf)");
  for (const char* text :
       {"ResourceDisk.Format=n\n", "#ResourceDisk.Format=y\n",
        "ResourceDisk.Format=y\nResourceDisk.Format = N\n", "ResourceDisk.FormatX=y\n", ""}) {
    CAPTURE(text);
    tree.write("etc/waagent.conf", text);
    CHECK(formatter_of(tree).empty());
  }
  tree.write("etc/waagent.conf", " ResourceDisk.Format = Y \n");
  CHECK_FALSE(formatter_of(tree).empty());
  CHECK(find_local_disk_formatter(azl::Root::open(tree.path()).value()).empty());
  tree.write("etc/waagent.conf", "")
      .write("usr/lib/systemd/system/azure-ephemeral-disk-setup.service", "[Service]\n")
      .symlink("/usr/lib/systemd/system/azure-ephemeral-disk-setup.service",
               "etc/systemd/system/local-fs.target.wants/azure-ephemeral-disk-setup.service");
  CHECK(formatter_of(tree) == "azure-ephemeral-disk-setup.service is enabled, which sets it up");
}

TEST_CASE("systemd-repart is detected by its definitions") {
  azl::test::TemporaryTree tree;
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  CHECK(find_disk_grower(*root).empty());
  tree.write("usr/lib/repart.d/README", "");
  CHECK(find_disk_grower(*root).empty());
  tree.write("usr/lib/repart.d/50-root.conf", "[Partition]\nType=root\n");
  CHECK(find_disk_grower(*root) == "systemd-repart grows it, as defined in /usr/lib/repart.d");
}
