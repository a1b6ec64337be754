#include "provision/disks.h"

#include <algorithm>
#include <set>
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

DisksLook look_with_late_disks() {
  DisksLook look;
  look.facts.disks = {{.device = "/dev/sda", .sequence = 1},
                      {.device = "/dev/sdb", .sequence = 2},
                      {.device = "/dev/sdc"},
                      {.device = "/dev/nvme0n1", .sequence = 3},
                      {.device = "/dev/nvme1n1", .sequence = 4}};
  look.told = {{.device = "/dev/sda", .kind = "other"}, {.device = "LUN 1"}, {.device = "LUN 2"}};
  look.actions = {{.act = azl::disk::Act::kFormat, .device = "/dev/sda"},
                  {.act = azl::disk::Act::kFormat, .device = "/dev/sdb"},
                  {.act = azl::disk::Act::kLeave, .device = "LUN 1"},
                  {.act = azl::disk::Act::kLeave, .device = "/dev/sdc", .settled = true},
                  {.act = azl::disk::Act::kStripe,
                   .device = "/dev/md/azl-local",
                   .members = {"/dev/nvme0n1", "/dev/nvme1n1"}}};
  return look;
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
  CHECK(content_in_words({}) == "no file system known here");
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
  auto boot = bench.boot(Stage::kDisks);
  boot.disks.actions = {{.act = azl::disk::Act::kFormat, .device = "/dev/sda"}};
  const auto said = tell_disks(boot);
  REQUIRE(said);
  CHECK(said->outcome == Said::kSkipped);
  CHECK(boot.record.disks.empty());
  const auto look = look_at_disks(boot.machine, boot.config);
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

TEST_CASE("a disk that was looked at on this boot is known by its count, not by its name") {
  azl::test::TemporaryTree tree;
  tree.mkdir("run/azl-provision");
  tree.write("sys/block/sda/diskseq", "1\n").write("sys/block/sdb/diskseq", "12\n");
  tree.mkdir("sys/block/sdc");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  DisksLook look;
  look.facts.disks = {{.device = "/dev/sdb", .sequence = 12}, {.device = "/dev/sdc"}};
  remember_seen_disks(*root, look);
  CHECK(was_disk_seen(*root, "sdb"));
  CHECK_FALSE(was_disk_seen(*root, "sda"));
  CHECK_FALSE(was_disk_seen(*root, "sdc"));  // a kernel that does not count
  tree.write("sys/block/sdb/diskseq", "13\n");
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  // A run for one that came late is not for another one that came meanwhile.
  tree.write("sys/block/sdd/diskseq", "14\n");
  look.late = {"/dev/sdd"};
  look.facts.disks = {{.device = "/dev/sdb", .sequence = 13},
                      {.device = "/dev/sdd", .sequence = 14}};
  remember_seen_disks(*root, look);
  CHECK(was_disk_seen(*root, "sdd"));
  CHECK_FALSE(was_disk_seen(*root, "sdb"));
  tree.write("sys/block/sdb/diskseq", "12\n");
  CHECK(was_disk_seen(*root, "sdb"));
}

TEST_CASE("which disks no run of this boot was for is known by their counts") {
  azl::test::TemporaryTree tree;
  tree.mkdir("run/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  DisksLook look;
  look.facts.disks = {{.device = "/dev/sda", .sequence = 1}, {.device = "/dev/sdb"}};
  CHECK(unseen_disks(*root, look) == std::set<std::string>{"/dev/sda"});
  remember_seen_disks(*root, look);
  CHECK(unseen_disks(*root, look).empty());
  look.facts.disks.push_back({.device = "/dev/sdc", .sequence = 2});
  CHECK(unseen_disks(*root, look) == std::set<std::string>{"/dev/sdc"});
}

TEST_CASE("a run for disks that came late leaves the others") {
  auto late = look_with_late_disks();
  keep_to_late_disks(late, {"/dev/sdb"});
  REQUIRE(late.actions.size() == 2);
  CHECK(late.actions[0].device == "/dev/sdb");
  CHECK(late.actions[1].settled);  // which is told, and nothing else
  CHECK_FALSE(late.all_told());
  REQUIRE(late.told.size() == 2);  // LUN 2 has a disk by now
  CHECK(late.told[1].device == "LUN 1");
  late = look_with_late_disks();
  keep_to_late_disks(late, {"/dev/nvme1n1"});
  REQUIRE(late.actions.size() == 2);
  CHECK(late.actions[1].act == azl::disk::Act::kStripe);
  CHECK(late.is_for("/dev/nvme0n1"));  // an array is brought up with all of its disks
}

TEST_CASE("what was told of a disk is not told of another one under its name") {
  auto late = look_with_late_disks();
  keep_to_late_disks(late, {"/dev/sda"});
  CHECK(std::ranges::find(late.told, "/dev/sda", &DiskRecord::device) == late.told.end());
  CHECK_FALSE(late.all_told());
  auto uncounted = look_with_late_disks();  // by a kernel without diskseq
  uncounted.facts.disks[0].sequence = 0;
  keep_to_late_disks(uncounted, {"/dev/sda"});
  CHECK(uncounted.all_told());
}

TEST_CASE("a warning about another disk that is here still holds after a run for a late one") {
  const auto finding = [](const char* text) {
    FindingRecord record;
    record.chain = {text};
    return record;
  };
  auto look = look_with_late_disks();
  keep_to_late_disks(look, {"/dev/sdb"});
  CHECK(still_holds(finding("/dev/sda is not as it was to be"), look));
  CHECK_FALSE(still_holds(finding("/dev/sdb is not as it was to be"), look));
  CHECK_FALSE(still_holds(finding("/dev/sdx is not as it was to be"), look));  // it is gone
  CHECK(still_holds(finding("/dev/md/azl-local is not as it was to be"), look));
  CHECK_FALSE(still_holds(finding("tidying /etc/fstab"), look));
  CHECK_FALSE(still_holds({}, look));
  look = look_with_late_disks();
  keep_to_late_disks(look, {"/dev/nvme0n1"});
  CHECK_FALSE(still_holds(finding("/dev/md/azl-local is not as it was to be"), look));
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
