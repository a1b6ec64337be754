#include "disk/mount_unit.h"

#include <doctest/doctest.h>

#include "tests/unit/disk/images.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::disk {
namespace {

using test::patience;
using test::PlayedProcesses;

struct Name {
  std::string path;
  std::string name;
};
const std::vector<Name>& names() {
  static const std::vector<Name> all = {
      {.path = "/", .name = "-.mount"},
      {.path = "/mnt", .name = "mnt.mount"},
      {.path = "/mnt/", .name = "mnt.mount"},
      {.path = "//srv///www//", .name = "srv-www.mount"},
      {.path = "/data/my disk", .name = "data-my\\x20disk.mount"},
      {.path = "/data/a-b", .name = "data-a\\x2db.mount"},
      {.path = "/.hidden/.x", .name = "\\x2ehidden-.x.mount"},
      {.path = "/a/./b", .name = "a-b.mount"},
      {.path = "/a:b_c.d/E9", .name = "a:b_c.d-E9.mount"},
      {.path = "/a\\b", .name = "a\\x5cb.mount"},
      {.path = "/50%", .name = "50\\x25.mount"},
      {.path = "/däta", .name = "d\\xc3\\xa4ta.mount"},
      {.path = "/dev/disk/by-uuid/1234-AB", .name = "dev-disk-by\\x2duuid-1234\\x2dAB.mount"},
      {.path = "/a\tb@c+d~e", .name = R"(a\x09b\x40c\x2bd\x7ee.mount)"}};
  return all;
}

TEST_CASE("a unit is named after its path") {
  for (const Name& each : names()) {
    CAPTURE(each.path);
    const auto name = unit_name(each.path, ".mount");
    if (!name) FAIL(name.error().to_string());
    CHECK(*name == each.name);
  }
}

TEST_CASE("systemd-escape names it so, too") {
  if (!test::has_program("systemd-escape")) {
    MESSAGE("skipped: there is no systemd-escape");
    return;
  }
  for (const Name& each : names()) {
    CAPTURE(each.path);
    CHECK(test::output_of({"systemd-escape", "--path", "--suffix=mount", "--", each.path}) ==
          each.name + "\n");
  }
}

TEST_CASE("a path that can't name a unit is refused") {
  for (const std::string& path :
       {std::string(""), std::string("mnt"), std::string("/a/../b"), std::string("/a\0b", 4),
        "/" + std::string(250, 'a'), "/" + std::string(63, ' ')}) {
    CAPTURE(path);
    const auto name = unit_name(path, ".mount");
    REQUIRE_FALSE(name);
    CHECK(name.error().reason() == Reason::kInvalidInput);
  }
  CHECK(unit_name("/" + std::string(249, 'a'), ".mount"));
}

TEST_CASE("a mount's unit holds up nothing") {
  const auto unit = mount_unit({.what = device_by_uuid("6b3d-9a01"),
                                .where = "/data/100% mine",
                                .type = "xfs",
                                .options = "noatime,discard",
                                .description = "Data disk 0"});
  if (!unit) FAIL(unit.error().to_string());
  CHECK(unit->name == "data-100\\x25\\x20mine.mount");
  CHECK(unit->text ==
        "# Written by azl-provision on this boot.\n"
        "[Unit]\n"
        "Description=Data disk 0\n"
        "Documentation=man:azl-provision(8)\n"
        "\n"
        "[Mount]\n"
        "What=/dev/disk/by-uuid/6b3d-9a01\n"
        "Where=/data/100%% mine\n"
        "Type=xfs\n"
        "Options=nofail,noatime,discard\n"
        "TimeoutSec=300s\n");
}

TEST_CASE("a swap's unit holds up nothing and ends with the machine") {
  const auto unit = swap_unit({.what = "/mnt/swapfile", .description = "Swap"});
  if (!unit) FAIL(unit.error().to_string());
  CHECK(unit->name == "mnt-swapfile.swap");
  CHECK(unit->text ==
        "# Written by azl-provision on this boot.\n"
        "[Unit]\n"
        "Description=Swap\n"
        "Documentation=man:azl-provision(8)\n"
        "DefaultDependencies=no\n"
        "Conflicts=umount.target\n"
        "Before=umount.target\n"
        "\n"
        "[Swap]\n"
        "What=/mnt/swapfile\n"
        "TimeoutSec=300s\n");
}

TEST_CASE("what would be another line of a unit is refused") {
  const MountUnit good = {.what = "/dev/sdb1", .where = "/mnt", .type = "ext4"};
  CHECK(mount_unit(good));
  for (const std::string bad : {"/mnt\nWhat=/dev/sda", "/mnt\\", "/mnt ", "/m\rnt"}) {
    CAPTURE(bad);
    for (std::string MountUnit::* field :
         {&MountUnit::what, &MountUnit::where, &MountUnit::type, &MountUnit::options}) {
      MountUnit unit = good;
      unit.*field = bad;
      const auto made = mount_unit(unit);
      REQUIRE_FALSE(made);
      CHECK(made.error().reason() == Reason::kInvalidInput);
    }
  }
}

TEST_CASE("systemd finds nothing wrong with the units") {
  if (!test::has_program("systemd-analyze")) {
    MESSAGE("skipped: there is no systemd-analyze");
    return;
  }
  const test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  const auto mount =
      mount_unit({.what = "/dev/disk/by-uuid/6b3d", .where = "/mnt/100% m", .type = "ext4"});
  const auto swap = swap_unit({.what = "/mnt/swapfile"});
  REQUIRE(mount);
  REQUIRE(swap);
  const auto written = write_units(*root, {*mount, *swap});
  if (!written) FAIL(written.error().to_string());
  CHECK(*written);
  CHECK_FALSE(*write_units(*root, {*mount, *swap}));
  for (const UnitFile& unit : {*mount, *swap}) {
    CAPTURE(unit.name);
    SystemProcesses processes;
    const auto verified =
        processes.run({.argv = {"systemd-analyze", "verify", "--man=no", "--generators=no",
                                tree.path("run/systemd/system/" + unit.name)}},
                      patience());
    if (!verified) FAIL(verified.error().to_string());
    CHECK(verified->err_tail == "");
  }
}

TEST_CASE("units are started with and without waiting") {
  PlayedProcesses processes([](const Command&) { return ProcessOutput{}; });
  REQUIRE(reload_units(processes, patience()));
  REQUIRE(start_unit(processes, "mnt.mount", UnitStart::kNoBlock, patience()));
  REQUIRE(start_unit(processes, "-.mount", UnitStart::kWait, patience()));
  CHECK(processes.commands == std::vector<std::vector<std::string>>{
                                  {"systemctl", "daemon-reload"},
                                  {"systemctl", "start", "--no-block", "--", "mnt.mount"},
                                  {"systemctl", "start", "--", "-.mount"}});
}

}  // namespace
}  // namespace azl::disk
