#include "disk/mount_unit.h"

#include <string>
#include <vector>

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

TEST_CASE("the name of a unit is its escaped path") {
  for (const Name& each : names()) {
    CAPTURE(each.path);
    const auto name = unit_name(each.path, ".mount");
    if (!name) FAIL(name.error().to_string());
    CHECK(*name == each.name);
  }
}

TEST_CASE("systemd-escape makes the same names") {
  if (!test::has_program("systemd-escape")) {
    MESSAGE("skipped: systemd-escape is missing");
    return;
  }
  for (const Name& each : names()) {
    CAPTURE(each.path);
    CHECK(test::output_of({"systemd-escape", "--path", "--suffix=mount", "--", each.path}) ==
          each.name + "\n");
  }
}

TEST_CASE("an invalid path is an error") {
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

TEST_CASE("systemd gets everything as arguments") {
  PlayedProcesses processes([](const Command&) { return ProcessOutput{}; });
  REQUIRE(mount_now(processes,
                    {.what = "/dev/sdc1",
                     .where = "/data/100% mine",
                     .type = "xfs",
                     .options = "noatime,discard",
                     .description = "Data disk 0"},
                    patience()));
  REQUIRE(mount_now(processes, {.what = "/dev/sdb1", .where = "/mnt", .type = "ext4"}, patience()));
  REQUIRE(reload_units(processes, patience()));
  REQUIRE(start_unit(processes, "-.mount", patience()));
  CHECK(processes.commands ==
        std::vector<std::vector<std::string>>{
            {"systemd-mount", "--quiet", "--collect", "--automount=no", "--description=Data disk 0",
             "--type=xfs", "--options=nofail,noatime,discard", "--property=TimeoutSec=300s", "--",
             "/dev/sdc1", "/data/100% mine"},
            {"systemd-mount", "--quiet", "--collect", "--automount=no",
             "--description=", "--type=ext4", "--options=nofail", "--property=TimeoutSec=300s",
             "--", "/dev/sdb1", "/mnt"},
            {"systemctl", "daemon-reload"},
            {"systemctl", "start", "--", "-.mount"}});
}

TEST_CASE("a failed mount is an error") {
  PlayedProcesses processes([](const Command& command) -> Result<ProcessOutput> {
    return fail(Reason::kToolFailed, command.argv.front() + " exited with status 1");
  });
  const auto mounted = mount_now(processes, {.what = "/dev/sdb1", .where = "/mnt"}, patience());
  REQUIRE_FALSE(mounted);
  CHECK(mounted.error().to_string() == "mounting /mnt: systemd-mount exited with status 1");
}

}  // namespace
}  // namespace azl::disk
