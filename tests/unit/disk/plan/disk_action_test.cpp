#include "disk/plan/disk_action.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::disk;

namespace {

struct Row {
  DiskAction action;
  const char* word;
  const char* description;
};

const std::vector<Row> kRows = {
    {{.device = "/dev/sdb", .act = act::Leave{}}, "leave", "leave /dev/sdb"},
    {{.device = "/dev/sda", .act = act::Grow{.partition = 2, .file_system = "ext4"}},
     "grow",
     "grow /dev/sda partition 2 and its ext4"},
    {{.device = "/dev/sdb", .act = act::Format{.new_table = true, .file_system = "ext4"}},
     "format",
     "partition /dev/sdb and format it as ext4"},
    {{.device = "/dev/sdb",
      .act =
          act::Format{
              .new_table = true, .file_system = "xfs", .label = "l", .swap_size = 64 << 20}},
     "format",
     "partition /dev/sdb and format it as xfs 'l', 64 MiB for swap"},
    {{.device = "/dev/md127", .act = act::Format{.file_system = "ext4", .label = "l"}},
     "format",
     "format /dev/md127 as ext4 'l'"},
    {{.device = "/dev/md/x", .act = act::Stripe{.members = {"/dev/a", "/dev/b"}}},
     "raid0",
     "make /dev/md/x of /dev/a /dev/b"},
    {{.device = "/dev/md/x", .act = act::Stripe{.members = {"/dev/a", "/dev/b"}, .assemble = true}},
     "raid0",
     "assemble /dev/md/x of /dev/a /dev/b"},
    {{.device = "/dev/sdb", .act = act::Adopt{.partition = 1}},
     "adopt",
     "remove cloud-init's line in /etc/fstab for /dev/sdb partition 1"},
    {{.device = "/dev/sdb", .act = act::Adopt{.partition = 1, .file_system = "ext4"}},
     "adopt",
     "take over cloud-init's line in /etc/fstab for /dev/sdb partition 1"},
    {{.device = "/dev/sdb", .act = act::Mount{.partition = 1, .mount_point = "/mnt"}},
     "mount",
     "mount /dev/sdb partition 1 at /mnt"},
    {{.device = "/dev/md127", .act = act::Mount{.mount_point = "/local"}},
     "mount",
     "mount /dev/md127 at /local"},
    {{.device = "/dev/sdb", .act = act::Swap{.partition = 2, .size = 64 << 20}},
     "swap",
     "swap to /dev/sdb partition 2"},
    {{.device = "/dev/sdb", .act = act::Swap{.mount_point = "/mnt", .size = 64 << 20}},
     "swap",
     "swap to a file of 64 MiB in /mnt"},
};

}  // namespace

TEST_CASE("each kind of action has a fixed name and a description") {
  for (const auto& row : kRows) {
    CHECK(to_string(row.action.act) == row.word);
    CHECK(describe_action(row.action) == row.description);
  }
}

TEST_CASE("is and as tell which kind an action is") {
  const DiskAction action{.device = "/dev/sdb", .act = act::Mount{.mount_point = "/mnt"}};
  CHECK(action.is<act::Mount>());
  CHECK_FALSE(action.is<act::Leave>());
  CHECK(action.as<act::Leave>() == nullptr);
  REQUIRE(action.as<act::Mount>() != nullptr);
  CHECK(action.as<act::Mount>()->mount_point == "/mnt");
}

TEST_CASE("the devices of a striped array are its members") {
  using Devices = std::vector<std::string>;
  CHECK(devices_of({.device = "/dev/sdb"}) == Devices{"/dev/sdb"});
  CHECK(devices_of({.device = "/dev/md/x", .act = act::Stripe{.members = {"/dev/a", "/dev/b"}}}) ==
        Devices{"/dev/a", "/dev/b"});
}
