#include "provision/disks/look.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/bench.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::disk::Disk;

namespace {

std::string formatter_of(const azl::test::TemporaryTree& tree) {
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  return find_disk_formatter(*root);
}

}  // namespace

TEST_CASE("who else formats ephemeral disks is known by its unit and its configuration") {
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

TEST_CASE("systemd-repart grows the OS disk where it has definitions") {
  azl::test::TemporaryTree tree;
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  CHECK(find_disk_grower(*root).empty());
  tree.write("usr/lib/repart.d/README", "");
  CHECK(find_disk_grower(*root).empty());
  tree.write("usr/lib/repart.d/50-root.conf", "[Partition]\nType=root\n");
  CHECK(find_disk_grower(*root) == "systemd-repart grows it, by /usr/lib/repart.d");
}

TEST_CASE("what is on a disk is told in words") {
  CHECK(content_in_words({.zeroed = true}) == "blank");
  CHECK(content_in_words({}) == "no known file system");
  CHECK(content_in_words({.content = {.type = "xfs", .label = "a\nb"}}) == "xfs 'a\\x0ab'");
  CHECK(content_in_words({.error = "it can't be read"}) == "it can't be read");
  Disk disk{.table = "gpt"};
  CHECK(content_in_words(disk) == "gpt: no partition");
  disk.partitions = {{.number = 1, .content = {.type = "vfat", .label = "ESP"}},
                     {.number = 2, .content = {.type = "ext4"}, .use = {.mounted_at = {"/"}}},
                     {.number = 3, .content = {.type = "swap"}, .use = {.swap = true}}};
  CHECK(content_in_words(disk) == "gpt: 1 vfat 'ESP', 2 ext4 (at /), 3 swap (swap)");
  disk.table_unclear = true;
  CHECK(content_in_words(disk).starts_with("damaged gpt: "));
  const Disk in_use{.partitions = {{.number = 1, .use = {.mounted_at = {"/data"}}}}};
  CHECK(content_in_words(in_use) == "partitions: 1 (at /data)");
}

TEST_CASE("a tree's disks are nobody's") {
  azl::test::Bench bench;
  auto run = bench.run(Stage::kDisks);
  run->disks.actions = {{.act = azl::disk::Act::kFormat, .device = "/dev/sda"}};
  const auto result = tell_disks(run->context, run->disks, run->recorder);
  REQUIRE(result);
  CHECK(result->outcome == StepOutcome::kSkipped);
  CHECK(run->record.disks.empty());
  const auto look = look_at_disks(run->context.machine, run->config);
  CHECK(look.actions.empty());
  CHECK(look.facts.disks.empty());
}

TEST_CASE("what nobody has to hear of again makes no record of a later boot") {
  DisksLook look;
  CHECK(look.idle());
  look.actions = {{.act = azl::disk::Act::kLeave, .device = "/dev/sda", .settled = true}};
  CHECK(look.idle());
  look.actions.push_back(
      {.act = azl::disk::Act::kLeave, .device = "/dev/sdb", .why = "somebody's"});
  CHECK_FALSE(look.idle());
  look.actions.back() = {.act = azl::disk::Act::kMount, .device = "/dev/sdb"};
  CHECK_FALSE(look.idle());
  look.actions.clear();
  look.unread.emplace_back(azl::Reason::kIo, "x");
  CHECK_FALSE(look.idle());
}

TEST_CASE("a run for a disk that came late ends at once where all was told") {
  DisksLook look;
  look.facts.disks = {{.device = "/dev/sda"}, {.device = "/dev/sdb"}};
  look.told = {{.device = "/dev/sdb", .kind = "other"}};
  CHECK_FALSE(look.all_told());
  look.told.push_back({.device = "/dev/sda", .kind = "other"});
  CHECK(look.all_told());
  look.facts.disks[0].kind = azl::disk::DiskKind::kData;
  CHECK_FALSE(look.all_told());
}

TEST_CASE("what was done to a disk on this boot stays in its record, and what was left does not") {
  const std::vector<DiskRecord> told = {
      {.device = "/dev/sdb",
       .decisions = {"mount /dev/sdb partition 1 at /mnt: it is new",
                     "leave /dev/sdb: it has no swap"}}};
  CHECK(done_before(told, "/dev/sdb") ==
        std::vector<std::string>{"mount /dev/sdb partition 1 at /mnt: it is new"});
  CHECK(done_before(told, "/dev/sdc").empty());
}
