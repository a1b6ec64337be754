#include "disk/fstab.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/disk/images.h"

namespace azl::disk {
namespace {

const std::string kOthers =
    "# a comment\n"
    "UUID=aaaa\t/\text4 defaults 0 1\n"
    "\n"
    "   tmpfs /tmp tmpfs nosuid,size=50% 0 0   \n"
    "broken line\n";
const std::string kMine =
    "UUID=bbbb /mnt ext4 nofail,x-systemd.device-timeout=10s,x-azl-provision,noatime 0 2\n";

FstabLine mine() {
  return {.what = "UUID=bbbb", .mount_point = "/mnt", .type = "ext4", .options = "noatime"};
}

TEST_CASE("our line is added at the end, and all other lines stay") {
  const FstabEdit edit = add_fstab_line(kOthers, mine());
  CHECK(edit.text == kOthers + kMine);
  CHECK(edit.changed);
  CHECK_FALSE(edit.taken());
  const FstabEdit again = add_fstab_line(edit.text, mine());
  CHECK(again.text == edit.text);
  CHECK_FALSE(again.changed);
}

TEST_CASE("a line is added to an empty file and after a missing newline") {
  CHECK(add_fstab_line("", mine()).text == kMine);
  CHECK(add_fstab_line("# x", mine()).text == "# x\n" + kMine);
}

TEST_CASE("our line is replaced in place") {
  FstabLine line = mine();
  line.what = "UUID=cccc";
  const FstabEdit edit = add_fstab_line(kMine + kOthers, line);
  CHECK(edit.text ==
        "UUID=cccc /mnt ext4 nofail,x-systemd.device-timeout=10s,x-azl-provision,noatime 0 2\n" +
            kOthers);
  CHECK(add_fstab_line(kMine + kOthers + kMine, mine()).text == kMine + kOthers);
}

TEST_CASE("a user's line for the mount point or the device takes precedence") {
  for (const std::string theirs :
       {"/dev/sdc1 /mnt xfs defaults 0 0\n", "/dev/sdc1 /mnt/ xfs defaults 0 0\n",
        "UUID=BBBB /data ext4 defaults\n", "UUID=\"bbbb\" /data ext4 defaults\n",
        "/dev/disk/by-uuid/bbbb /data ext4 defaults\n", "/dev/sdb1 none swap sw\n",
        "LABEL=my\\040disk /data ext4 defaults\n", "/dev/sdc1 /mnt ext4\n"}) {
    CAPTURE(theirs);
    FstabLine line = mine();
    line.other_names = {"/dev/sdb1", "LABEL=my disk"};
    const FstabEdit edit = add_fstab_line(kOthers + theirs, line);
    CHECK(edit.taken());
    CHECK(edit.taken_by + "\n" == theirs);
    CHECK(edit.text == kOthers + theirs);
    CHECK_FALSE(edit.changed);
    // Our earlier line is removed.
    CHECK(add_fstab_line(kOthers + kMine + theirs, line).text == kOthers + theirs);
  }
}

TEST_CASE("lines for other devices and mount points do not matter") {
  for (const std::string theirs :
       {"UUID=bbbbb /mnt2 ext4 defaults\n", "# UUID=bbbb /mnt ext4 defaults\n",
        "LABEL=BBBB /mntx ext4 defaults\n", "/dev/sdc1 none swap sw\n"}) {
    CAPTURE(theirs);
    CHECK_FALSE(add_fstab_line(theirs, mine()).taken());
  }
}

TEST_CASE("a line without a device claims its own mount point only") {
  const std::string text = "none /dev/shm tmpfs defaults 0 0\nLABEL=x /mnt/ ext4 defaults 0 0\n";
  CHECK(is_claimed(text, "/dev/shm"));
  CHECK(is_claimed(text, "/mnt"));
  CHECK_FALSE(is_claimed(text, "/data"));
  CHECK_FALSE(is_claimed("/swapfile none swap sw 0 0\n", "none"));
}

TEST_CASE("special characters are escaped as in fstab(5), and parsed") {
  const FstabLine line = {.what = "UUID=b", .mount_point = "/my disk\t\\#1", .type = "xfs"};
  const FstabEdit edit = add_fstab_line("", line);
  CHECK(edit.text ==
        "UUID=b /my\\040disk\\011\\134#1 xfs nofail,x-systemd.device-timeout=10s,x-azl-provision 0 "
        "0\n");
  CHECK(add_fstab_line(edit.text, line).text == edit.text);
  CHECK(add_fstab_line("/dev/sdc /my\\040disk\\011\\134#1 ext4 defaults\n", line).taken());
}

TEST_CASE("swap lines are identified by their device") {
  const FstabLine one = {.what = "UUID=1", .mount_point = "none", .type = "swap"};
  const FstabLine two = {.what = "UUID=2", .mount_point = "none", .type = "swap"};
  const std::string both = add_fstab_line(add_fstab_line("", one).text, two).text;
  CHECK(both ==
        "UUID=1 none swap nofail,x-systemd.device-timeout=10s,x-azl-provision 0 0\n"
        "UUID=2 none swap nofail,x-systemd.device-timeout=10s,x-azl-provision 0 0\n");
  CHECK(remove_fstab_lines(both, {"UUID=2"}).text == both.substr(both.find('\n') + 1));
}

TEST_CASE("a line of custom data has nofail, and its own options before it") {
  struct Row {
    CustomLine line;
    std::string text;
  };
  const std::vector<Row> rows = {
      {{.what = "server:/share", .mount_point = "/srv", .type = "nfs", .options = "ro,_netdev"},
       "server:/share /srv nfs ro,_netdev,nofail,x-systemd.mount-timeout=30s,x-azl-custom-data 0 "
       "0\n"},
      {{.what = "LABEL=a b", .mount_point = "/a b", .options = "defaults,nofail", .pass = "2"},
       "LABEL=a\\040b /a\\040b auto "
       "defaults,nofail,x-azl-custom-data 0 2\n"},
      {{.what = "/dev/sdc1",
        .mount_point = "/data",
        .options = "x-systemd.device-timeout=1min,x-systemd.mount-timeout=5s"},
       "/dev/sdc1 /data auto "
       "x-systemd.device-timeout=1min,x-systemd.mount-timeout=5s,nofail,x-azl-custom-data 0 0\n"},
      {{.what = "/swap.img", .mount_point = "none", .type = "swap", .options = "sw"},
       "/swap.img none swap sw,nofail,x-azl-custom-data 0 0\n"},
  };
  for (const auto& [line, text] : rows) {
    CAPTURE(text);
    CHECK(add_custom_line(kOthers, line).text == kOthers + text);
    CHECK_FALSE(add_custom_line(kOthers + text, line).changed);
  }
}

TEST_CASE("a line of custom data replaces its own, and gives way to all others") {
  const CustomLine tmpfs{.what = "tmpfs", .mount_point = "/scratch", .type = "tmpfs"};
  const auto first = add_custom_line(kOthers, tmpfs);
  auto larger = tmpfs;
  larger.options = "size=1G";
  const auto second = add_custom_line(first.text, larger);
  CHECK(second.text == kOthers + "tmpfs /scratch tmpfs size=1G,nofail,x-azl-custom-data 0 0\n");
  // The device is the same as that of another mount, which does not matter.
  CHECK_FALSE(second.taken());
  const auto taken = add_custom_line(kOthers, {.what = "server:/x", .mount_point = "/tmp"});
  CHECK(taken.taken_by == "tmpfs /tmp tmpfs nosuid,size=50% 0 0");
  CHECK(taken.text == kOthers);
  // Lines of this program are removed when nobody asks for them any more; those of custom data
  // stay.
  CHECK(remove_fstab_lines(second.text + kMine, {}).text == second.text);
}

TEST_CASE("a share waits for the network") {
  struct Row {
    std::string what;
    std::string given;
    std::string options;
  };
  const std::vector<Row> rows = {
      {"server:/share", "ro", "ro,_netdev,nofail,"},
      {"//server/share", "_netdev", "_netdev,nofail,"},
      {"/dev/sdc1", "noatime", "noatime,nofail,"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto edit =
        add_custom_line("", {.what = row.what, .mount_point = "/srv", .options = row.given});
    CHECK(edit.text.starts_with(row.what + " /srv auto " + row.options + "x-"));
  }
}

TEST_CASE("the lines of custom data can be removed, and claim no mount point") {
  const auto edit = add_custom_line(kOthers, {.what = "UUID=cccc", .mount_point = "/data"});
  CHECK_FALSE(is_claimed(edit.text, "/data"));
  CHECK(is_claimed(edit.text, "/tmp"));
  CHECK(remove_custom_lines(edit.text).text == kOthers);
  CHECK_FALSE(remove_custom_lines(kOthers + kMine).changed);
}

TEST_CASE("only our lines are removed, and only those that are no longer needed") {
  const FstabEdit edit = remove_fstab_lines(kMine + kOthers, {});
  CHECK(edit.text == kOthers);
  CHECK(edit.changed);
  CHECK_FALSE(remove_fstab_lines(kMine + kOthers, {"/mnt"}).changed);
  CHECK_FALSE(remove_fstab_lines(kOthers, {}).changed);
  CHECK(remove_fstab_lines("/dev/sdb /x ext4 defaults,x-azl-provision", {}).text == "");
}

TEST_CASE("the file is made if it is missing, and keeps its mode") {
  test::TemporaryTree tree;
  tree.mkdir("etc");
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  CHECK(*read_fstab(*root) == "");
  CHECK(*write_fstab(*root, kOthers));
  CHECK(*read_fstab(*root) == kOthers);
  REQUIRE(chmod(tree.path("etc/fstab").c_str(), 0600) == 0);
  CHECK(*write_fstab(*root, kMine));
  CHECK_FALSE(*write_fstab(*root, kMine));
  struct stat status{};
  REQUIRE(stat(tree.path("etc/fstab").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

const std::string kCloudInit =
    "/dev/disk/cloud/azure_resource-part1\t/mnt\tauto\t"
    "defaults,nofail,x-systemd.requires=cloud-init.service,_netdev,comment=cloudconfig\t0\t2\n";

TEST_CASE("the lines of cloud-init and those in their place are found, with users' own options") {
  struct Row {
    std::string text;
    std::vector<AgentLine> lines;
  };
  const std::string device = "/dev/disk/cloud/azure_resource-part1";
  const auto line = [&](std::string text, std::string options) {
    return AgentLine{.text = std::move(text),
                     .device = device,
                     .mount_point = "/mnt",
                     .options = std::move(options)};
  };
  const std::string other = "/dev/disk/cloud/azure_resource-part1 /mnt auto ";
  std::vector<Row> rows = {{kOthers + kMine, {}},
                           {"LABEL=x /y ext4 comment=cloudconfig2\n", {}},
                           {"# " + kCloudInit, {}},
                           {"/mnt/swap.img none swap sw,comment=cloudconfig 0 0\n", {}},
                           {"UUID=1 none swap sw,comment=cloudconfig 0 0\n", {}}};
  for (const std::string mark : {"comment=cloudconfig", "x-systemd.requires=cloud-init.service",
                                 "x-systemd.after=cloud-init-network.service"}) {
    const auto text = other + "defaults,nofail," + mark + ",noatime,_netdev,discard 0 2";
    rows.push_back({"  " + text + "  \n", {line(text, "noatime,discard")}});
  }
  rows.push_back({kCloudInit, {line(kCloudInit.substr(0, kCloudInit.size() - 1), "")}});
  rows.push_back({"UUID=\"AB\" /x/ ext4 comment=cloudconfig\n",
                  {{.text = "UUID=\"AB\" /x/ ext4 comment=cloudconfig",
                    .device = "/dev/disk/by-uuid/ab",
                    .mount_point = "/x"}}});
  auto adopted = mine();
  adopted.adopted = true;
  const auto ours = add_fstab_line("", adopted).text;
  CHECK(ours ==
        "UUID=bbbb /mnt ext4 "
        "nofail,x-systemd.device-timeout=10s,x-azl-provision,x-azl-provision.adopted,noatime 0 "
        "2\n");
  rows.push_back({ours,
                  {{.text = ours.substr(0, ours.size() - 1),
                    .device = "/dev/disk/by-uuid/bbbb",
                    .mount_point = "/mnt",
                    .options = "noatime",
                    .ours = true}}});
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK((find_agent_lines(row.text) == row.lines));
  }
}

TEST_CASE("our line takes the place of cloud-init's, and all other lines stay") {
  auto adopted = mine();
  adopted.adopted = true;
  const auto ours = add_fstab_line("", adopted).text;
  const std::vector<std::string> old = {kCloudInit.substr(0, kCloudInit.size() - 1)};
  const auto edit = replace_fstab_lines(kOthers + kCloudInit + "LABEL=z /z ext4\n", old, adopted);
  CHECK(edit.text == kOthers + ours + "LABEL=z /z ext4\n");
  CHECK(edit.changed);
  CHECK_FALSE(replace_fstab_lines(kOthers, old, adopted).changed);
  CHECK(replace_fstab_lines(kMine + kCloudInit + kCloudInit, old, adopted).text == ours);
  CHECK(without_lines(kOthers + kCloudInit, old) == kOthers);
  CHECK(is_claimed(kOthers + kCloudInit, "/mnt"));
  CHECK_FALSE(is_claimed(kOthers + ours, "/mnt"));
  // Later boots keep the line, with the UUID of a new file system.
  adopted.what = "UUID=cccc";
  CHECK(add_fstab_line(ours, adopted).text == add_fstab_line("", adopted).text);
}

TEST_CASE("a copy of fstab is kept, and none is ever overwritten") {
  test::TemporaryTree tree;
  tree.write("etc/fstab", "new").write("etc/fstab.before-azl-provision", "old");
  tree.symlink("nowhere", "etc/fstab.before-azl-provision.1");
  REQUIRE(chmod(tree.path("etc/fstab").c_str(), 0640) == 0);
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  for (int run = 0; run < 2; ++run) {
    const auto copy = keep_fstab_copy(*root, "new");
    REQUIRE(copy);
    CHECK(*copy == "/etc/fstab.before-azl-provision.2");
  }
  CHECK(tree.read("etc/fstab.before-azl-provision") == "old");
  CHECK(tree.read("etc/fstab.before-azl-provision.2") == "new");
  struct stat status{};
  REQUIRE(stat(tree.path("etc/fstab.before-azl-provision.2").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
  for (int run = 3; run < 10; ++run) REQUIRE(keep_fstab_copy(*root, std::to_string(run)));
  CHECK_FALSE(keep_fstab_copy(*root, "one more"));
  CHECK(*keep_fstab_copy(*root, "old") == "/etc/fstab.before-azl-provision");
}

TEST_CASE("findmnt accepts our line") {
  if (!test::has_program("findmnt")) return;
  test::TemporaryTree tree;
  const FstabLine line = {
      .what = "UUID=b", .mount_point = "/my disk", .type = "xfs", .adopted = true};
  tree.write("fstab", add_fstab_line("", line).text);
  test::run("findmnt --tab-file " + tree.path("fstab") + " --fstab '/my disk'");
}

}  // namespace
}  // namespace azl::disk
