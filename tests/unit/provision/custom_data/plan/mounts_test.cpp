#include "provision/custom_data/plan/mounts.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/plan/planned_disks.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::mounts_of;
using test::plan_of;
using test::remarks_of;
using test::wishes_of;

/// Two data disks and the resource disk.
constexpr std::string_view kDisks =
    "#cloud-config\n"
    "device_aliases: {data: /dev/disk/azure/scsi1/lun0}\n"
    "disk_setup: {ephemeral0: {layout: [66, [33, 82]]}}\n"
    "fs_setup: [{device: data, filesystem: xfs, label: db},"
    " {device: /dev/disk/azure/data/by-lun/1, filesystem: ext4},"
    " {device: ephemeral0.1, filesystem: ext4}]\n";

std::string list_of(std::string_view items) { return "mounts: [" + std::string(items) + "]\n"; }

TEST_CASE("a disk that the document sets up gets its mount point") {
  struct Row {
    std::string_view items;
    Lines wishes;
    Lines mounts;
    Lines remarks;
  };
  const std::string one = "LUN 0 xfs 'db'";
  const std::string two = "LUN 1 ext4";
  const std::string resource = "the resource disk ext4";
  const auto with = [&](const std::string& first, const std::string& second,
                        const std::string& third) {
    // disk_setup names the resource disk first.
    return Lines{resource + third + " 33%", one + first, two + second};
  };
  const Row rows[] = {
      {"", with("", "", ""), {}, {}},
      {"[data, /data]", with(" at /data", "", ""), {}, {}},
      {"[data.1, /data/]", with(" at /data", "", ""), {}, {}},
      {"[/dev/disk/azure/scsi1/lun0-part1, /data]", with(" at /data", "", ""), {}, {}},
      {"[/dev/disk/azure/data/by-lun/0, /data]", with(" at /data", "", ""), {}, {}},
      {"[LABEL=db, /data, xfs]", with(" at /data", "", ""), {}, {}},
      {"[/dev/disk/by-label/db, /data]", with(" at /data", "", ""), {}, {}},
      {"[data, /data, auto, 'defaults,noatime,nofail,,auto,ro', 0, 2]",
       with(" at /data with noatime,ro", "", ""),
       {},
       {}},
      // cloud-init's own line for the resource disk.
      {"[ephemeral0.1, /mnt, auto, 'defaults,nofail,x-systemd.after=cloud-init-network.service,"
       "_netdev,comment=cloudconfig', 0, 2]",
       with("", "", " at /mnt"),
       {},
       {}},
      {"[data, /a], [/dev/disk/azure/scsi1/lun1-part1, /b], [ephemeral0, /c]",
       with(" at /a", " at /b", " at /c"),
       {},
       {}},
      {"[ephemeral0.2, none, swap, sw, 0, 0]", with("", "", ""), {}, {}},
      {"[/dev/disk/cloud/azure_resource-part2, swap, swap]", with("", "", ""), {}, {}},
      // One mount point for a disk, and one disk for a mount point.
      {"[data, /a], [data, /b]", with(" at /a", "", ""), {}, {"e 5:22 mounts"}},
      {"[data, /a], ['srv:/x', /a]", with(" at /a", "", ""), {}, {"e 5:22 mounts"}},
      {"['srv:/x', /a], [data, /a]",
       with("", "", ""),
       {"srv:/x /a auto defaults,nofail 0 0"},
       {"e 5:26 mounts"}},
      {"[data.2, /a]", with("", "", ""), {}, {"e 5:10 mounts"}},
      {"[data, none, swap]", with("", "", ""), {}, {"e 5:10 mounts"}},
      {"[LABEL=db, none, swap]", with("", "", ""), {}, {"e 5:10 mounts"}},
      {"[ephemeral0.3, /a]", with("", "", ""), {}, {"e 5:10 mounts"}},
      {"[ephemeral0.2, /a]", with("", "", ""), {}, {"e 5:10 mounts"}},
      {"[data]", with("", "", ""), {}, {"w 5:10 mounts"}},
      {"[LABEL=other, /a]", with("", "", ""), {"LABEL=other /a auto defaults,nofail 0 2"}, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.items);
    const auto plan = plan_of(std::string(kDisks) + list_of(row.items));
    CHECK(wishes_of(plan) == row.wishes);
    CHECK(mounts_of(plan) == row.mounts);
    CHECK(remarks_of(plan) == row.remarks);
  }
}

TEST_CASE("the resource disk is mounted elsewhere, or left as it is") {
  struct Row {
    std::string_view items;
    Lines wishes;
    Lines remarks;
  };
  const Row rows[] = {
      {"[ephemeral0, /scratch]", {"the resource disk at /scratch"}, {}},
      {"[ephemeral0.1, /scratch, ext4, 'ro']", {"the resource disk at /scratch with ro"}, {}},
      {"[/dev/disk/azure/resource-part1, /mnt]", {"the resource disk at /mnt"}, {}},
      {"[ephemeral0, ~]", {"the resource disk unused"}, {}},
      {"[ephemeral0]", {"the resource disk unused"}, {}},
      {"[/dev/disk/cloud/azure_resource-part1]", {"the resource disk unused"}, {}},
      // cloud-init: an item without a mount point takes back those before it.
      {"[ephemeral0, /a], [ephemeral0]", {"the resource disk unused"}, {"w 2:28 mounts"}},
      {"[ephemeral0], [ephemeral0, /a]", {"the resource disk at /a"}, {}},
      {"[ephemeral0, /a], [ephemeral0], ['srv:/x', /a]",
       {"the resource disk unused"},
       {"w 2:28 mounts"}},
      {"[ephemeral0, /home]", {}, {"e 2:23 mounts"}},
      {"[ephemeral0.2, none, swap]", {}, {"e 2:10 mounts"}},
      {"[ephemeral0.2, /a]", {}, {"e 2:10 mounts"}},
      {"[ephemeral0, none, swap]", {}, {"e 2:10 mounts"}},
      {"['srv:/x', /mnt]", {"the resource disk unused"}, {"n 2:10 mounts"}},
      {"['srv:/x', /mnt], [ephemeral0]", {"the resource disk unused"}, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.items);
    const auto plan = plan_of("#cloud-config\n" + list_of(row.items));
    CHECK(wishes_of(plan) == row.wishes);
    CHECK(remarks_of(plan) == row.remarks);
  }
  const auto unused = plan_of(std::string(kDisks) + list_of("[ephemeral0]"));
  CHECK(wishes_of(unused) == Lines{"the resource disk unused", "LUN 0 xfs 'db'", "LUN 1 ext4"});
  CHECK(unused.items[0].what ==
        "set up 3 disks: the resource disk (left as it is), LUN 0 (xfs), LUN 1 (ext4)");
  CHECK(remarks_of(unused) == Lines{"w 5:10 mounts"});
}

TEST_CASE("other mounts become lines of fstab") {
  struct Row {
    std::string_view item;
    std::string_view line;
  };
  const Row rows[] = {
      {"['srv:/x', /srv]", "srv:/x /srv auto defaults,nofail 0 0"},
      {"['srv:/x', /srv, nfs4, ro, '1', '2']", "srv:/x /srv nfs4 ro 1 2"},
      {"[//srv/x, /srv, cifs, 'credentials=/etc/smb,uid=0']",
       "//srv/x /srv cifs credentials=/etc/smb,uid=0 0 0"},
      {"[UUID=1, /data, auto, 'x-systemd.requires=cloud-init.service,ro']",
       "UUID=1 /data auto ro 0 2"},
      {"[UUID=1, /data, auto, comment=cloudconfig]", "UUID=1 /data auto defaults,nofail 0 2"},
      {"[tmpfs, /srv/tmp, tmpfs, size=1G]", "tmpfs /srv/tmp tmpfs size=1G 0 0"},
      {"[/srv/a, /srv/b, none, bind]", "/srv/a /srv/b none bind 0 0"},
      {"[/dev/sda1, /srv/b, none, bind]", "/dev/sda1 /srv/b none bind 0 0"},
      {"[sdc1, /data]", "/dev/sdc1 /data auto defaults,nofail 0 2"},
      {"[sdc.1, /data, ~, ~, ~, ~]", "/dev/sdc1 /data auto defaults,nofail 0 2"},
      {"[/dev/disk/azure/scsi1/lun0-part1, /data, xfs]",
       "/dev/disk/azure/scsi1/lun0-part1 /data xfs defaults,nofail 0 2"},
      {"[UUID=1, /data]", "UUID=1 /data auto defaults,nofail 0 2"},
      {"[PARTLABEL=x, /data, ext4, defaults, 0, 0]", "PARTLABEL=x /data ext4 defaults 0 0"},
      {"[/dev/sdc2, none, swap, sw]", "/dev/sdc2 none swap sw 0 0"},
      {"[LABEL=sw, swap, swap]", "LABEL=sw none swap defaults,nofail 0 0"},
      {"['srv:/a b', '/srv/ä b']", "srv:/a b /srv/ä b auto defaults,nofail 0 0"},
      {"['ephemeral1:/x', /srv]", "ephemeral1:/x /srv auto defaults,nofail 0 0"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.item);
    const auto plan = plan_of("#cloud-config\n" + list_of(row.item));
    CHECK(mounts_of(plan) == Lines{std::string(row.line)});
    CHECK(items_of(plan) == Lines{"mounts/1 early once"});
  }
}

TEST_CASE("a mount that cannot be made costs only itself, and keeps its number") {
  struct Row {
    std::string item;
    std::string remark;
  };
  const Row rows[] = {
      {"x", "e 2:10"},
      {"{a: b}", "e 2:10"},
      {"~", "e 2:10"},
      {"[]", "e 2:10"},
      {"[~, /a]", "e 2:10"},
      {"['', /a]", "e 2:10"},
      {"[' ', /a]", "e 2:10"},
      {R"(["a\nb", /a])", "e 2:11"},
      {"[[a], /a]", "e 2:11"},
      {"[" + std::string(1025, 'x') + ", /a]", "e 2:11"},
      {"[swap, none, swap]", "e 2:11"},
      {"[ephemeral1, /a]", "e 2:11"},
      {"[ebs0, /a]", "e 2:11"},
      {"['s:/x']", "w 2:10"},
      {"['s:/x', ~]", "w 2:10"},
      {"['s:/x', data]", "e 2:19"},
      {"['s:/x', /]", "e 2:19"},
      {"['s:/x', none]", "e 2:19"},
      {"['s:/x', /a/../b]", "e 2:19"},
      {"['s:/x', /a//b]", "e 2:19"},
      {"['s:/x', /etc]", "e 2:19"},
      {"['s:/x', /home/]", "e 2:19"},
      {"['s:/x', /run/x]", "e 2:19"},
      {"['s:/x', /a, 'n s']", "e 2:23"},
      {"['s:/x', /a, '']", "e 2:23"},
      {"['s:/x', /a, nfs, 'a b']", "e 2:28"},
      {"['s:/x', /a, nfs, 'a\\b']", "e 2:28"},
      {"['s:/x', /a, nfs, [ro]]", "e 2:28"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.item);
    const auto plan = plan_of("#cloud-config\n" + list_of(row.item + ", ['s:/y', /y]"));
    CHECK(items_of(plan) == Lines{"mounts/2 early once"});
    CHECK(remarks_of(plan) == Lines{row.remark + " mounts"});
  }
  for (const std::string item : {"['s:/x', /a, nfs, ro, yes]", "['s:/x', /a, nfs, ro, 0, -1]",
                                 "['s:/x', /a, nfs, ro, 0, 0, 0]"}) {
    CAPTURE(item);
    const auto plan = plan_of("#cloud-config\n" + list_of(item));
    CHECK(mounts_of(plan) == Lines{"s:/x /a nfs ro 0 0"});
    REQUIRE(plan.remarks.size() == 1);
    CHECK(plan.remarks[0].level == RemarkLevel::kWarning);
  }
  CHECK(remarks_of("#cloud-config\nmounts:\n") == Lines{"w 2:1 no-value"});
  CHECK(remarks_of("#cloud-config\nmounts: {a: b}\n") == Lines{"e 2:1 mounts"});
}

TEST_CASE("a whole disk is mounted as it is, and a note tells of its partitions") {
  const auto plan = plan_of("#cloud-config\n" + list_of("[/dev/disk/azure/scsi1/lun0, /data]"));
  CHECK(mounts_of(plan) == Lines{"/dev/disk/azure/scsi1/lun0 /data auto defaults,nofail 0 2"});
  CHECK(remarks_of(plan) == Lines{"n 2:10 mounts"});
}

TEST_CASE("a disk that is refused can be set up in bootcmd and mounted") {
  const auto plan = plan_of(
      "#cloud-config\n"
      "disk_setup: {/dev/disk/azure/scsi1/lun0: {layout: [50, 50]}}\n"
      "fs_setup: [{device: /dev/disk/azure/scsi1/lun0, partition: auto, filesystem: ext4}]\n"
      "mounts: [[/dev/disk/azure/scsi1/lun0-part2, /data]]\n");
  CHECK(wishes_of(plan).empty());
  CHECK(mounts_of(plan) ==
        Lines{"/dev/disk/azure/scsi1/lun0-part2 /data auto defaults,nofail 0 2"});
  CHECK(remarks_of(plan) == Lines{"e 2:14 disk-setup"});
}

TEST_CASE("what an item says does not show options and passwords") {
  struct Row {
    std::string_view item;
    std::string_view what;
  };
  const Row rows[] = {
      {"[//srv/x, /srv, cifs, 'username=u,password=hunter2']", "mount //srv/x at /srv"},
      {"['ftp://u:hunter2@srv/x', /srv, fuse]", "mount …@srv/x at /srv"},
      {"['u@srv:/x', /srv, fuse.sshfs]", "mount u@srv:/x at /srv"},
      {"[LABEL=sw, none, swap]", "use LABEL=sw as swap"},
      {R"(["srv:/\u202ex", /srv])", R"(mount srv:/\xe2\x80\xaex at /srv)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.item);
    const auto plan = plan_of("#cloud-config\n" + list_of(row.item));
    REQUIRE(plan.items.size() == 1);
    CHECK(lower(plan.items[0].what) == lower(row.what));
  }
}

TEST_CASE("the number of mounts is bounded") {
  std::string items;
  for (int i = 0; i < 300; ++i) items += "['s:/x', /m/" + std::to_string(i) + "],";
  const auto plan = plan_of("#cloud-config\n" + list_of(items));
  CHECK(plan.items.size() == kMostMounts);
  REQUIRE(plan.remarks.size() == 1);
  CHECK(plan.remarks[0].level == RemarkLevel::kError);
}

}  // namespace
}  // namespace azl::provision::custom_data
