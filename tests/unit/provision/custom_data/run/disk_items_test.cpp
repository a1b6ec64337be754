// Disks, mounts and swap of custom data, in a tree.
#include "provision/custom_data/run/disk_items.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/store/disk_wishes.h"
#include "tests/unit/provision/custom_data/run/item_machine.h"

namespace azl::provision::custom_data {
namespace {

/// A tree of a VM.
struct Machine : azl::test::ItemMachine {
  Machine() {
    identity.vm_id = "2b6d1c5c-3a6e-0b4c-9f0e-0123456789ab";
    tree.mkdir("etc");
    tree.mkdir("var/lib/azl-provision");
  }
  [[nodiscard]] std::string fstab() const {
    return root.read_if_exists("/etc/fstab").value().value_or("");
  }
};

AddMount share() {
  return {.what = "//server/share",
          .mount_point = "/srv",
          .type = "cifs",
          .options = Secret("username=a,password=SECRET"),
          .dump = "0",
          .pass = "0"};
}

TEST_CASE("what is asked of disks is stored before stage disks runs") {
  Machine machine;
  const SetUpDisks item{
      .disks = {{.target = {.kind = disk::DiskTarget::Kind::kLun, .lun = 0}, .mount_point = "/d"}}};
  machine.programs_fail = true;
  const auto failed = machine.carry_out(set_up_disks, item);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().known_cause() == Cause::kCustomDataDisks);
  CHECK(machine.commands() == std::vector<std::string>{"/proc/self/exe run --stage=disks"});
  const auto stored = load_disk_wishes(machine.root).value();
  REQUIRE(stored);
  CHECK(stored->vm_id == machine.identity.vm_id);
  CHECK(stored->disks == item.disks);
  machine.programs_fail = false;
  CHECK(machine.carry_out(set_up_disks, item).value() == "stage disks has carried it out");
}

TEST_CASE("disks that stage disks has left alone are not set up") {
  Machine machine;
  machine.tree.mkdir("run/azl-provision");
  REQUIRE(mark_disks_undecided(machine.root, true));
  const auto left = machine.carry_out(set_up_disks, SetUpDisks{});
  REQUIRE_FALSE(left);
  CHECK(left.error().known_cause() == Cause::kCustomDataDisks);
}

TEST_CASE("a mount becomes a line of fstab, whose options nothing else shows") {
  Machine machine;
  const auto added = machine.carry_out(add_mount, share());
  REQUIRE(added);
  CHECK(*added == "added a line for //server/share to /etc/fstab");
  CHECK(machine.fstab() ==
        "//server/share /srv cifs username=a,password=SECRET,_netdev,nofail,"
        "x-systemd.mount-timeout=30s,x-azl-custom-data 0 0\n");
  // A tree has no mounts of its own.
  CHECK(machine.commands().empty());
  CHECK_FALSE(machine.root.exists("/srv"));
}

TEST_CASE("a line that somebody else wrote for the mount point stays, and is not shown") {
  Machine machine;
  const std::string theirs = "//other/share /srv cifs password=THEIRS 0 0\n";
  machine.tree.write("etc/fstab", theirs);
  const auto added = machine.carry_out(add_mount, share());
  REQUIRE_FALSE(added);
  CHECK(added.error().known_cause() == Cause::kCustomDataMount);
  CHECK_FALSE(added.error().to_string().contains("THEIRS"));
  CHECK_FALSE(added.error().to_string().contains("SECRET"));
  CHECK(machine.fstab() == theirs);
}

TEST_CASE("a file that is there and is no swap stays as it is") {
  Machine machine;
  machine.tree.write("swap.img", "somebody's");
  const auto made = machine.carry_out(make_swap_file, {.path = "/swap.img", .size = 1U << 21U});
  REQUIRE_FALSE(made);
  CHECK(made.error().known_cause() == Cause::kCustomDataSwap);
  CHECK(made.error().to_string().contains("/swap.img: it stays as it is"));
  CHECK(machine.fstab().empty());
}

TEST_CASE("the size of swap follows the memory, the free space and the document") {
  constexpr std::uint64_t kGiB = 1ULL << 30U;
  constexpr std::uint64_t kMiB = 1ULL << 20U;
  struct {
    std::uint64_t size, max_size, memory, free, chosen;
  } const rows[] = {
      {0, 0, kGiB / 2, 100 * kGiB, kGiB},
      {0, 0, kGiB, 100 * kGiB, 2 * kGiB},
      {0, 0, kGiB + 1, 100 * kGiB, 2 * kGiB},
      {0, 0, 3 * kGiB, 100 * kGiB, 3 * kGiB},
      {0, 0, 4 * kGiB + 1, 100 * kGiB, 4 * kGiB},
      {0, 0, 16 * kGiB, 100 * kGiB, 4 * kGiB},
      {0, 0, 32 * kGiB, 100 * kGiB, 8 * kGiB},           // at most 8 GiB
      {0, 64 * kGiB, 32 * kGiB, 100 * kGiB, 16 * kGiB},  // unless the document has a limit
      {0, kGiB, 32 * kGiB, 100 * kGiB, kGiB},
      {0, 64 * kGiB, 32 * kGiB, 10 * kGiB, 8 * kGiB},  // 80 % of the free space
      {0, 0, 3 * kGiB, 4 * kGiB, kGiB},                // a quarter of it
      {0, 0, kGiB / 2 + 1, 100 * kGiB, kGiB},          // whole MiB
      {0, 0, kGiB, 4 * kMiB - 1, 0},
      {3 * kMiB + 1, kMiB, kGiB, 0, 3 * kMiB + 1},  // what the document says
  };
  for (const auto& row : rows) {
    CAPTURE(row.memory);
    CAPTURE(row.free);
    CHECK(choose_swap_size({.path = "/s", .size = row.size, .max_size = row.max_size}, row.memory,
                           row.free) == row.chosen);
  }
}

}  // namespace
}  // namespace azl::provision::custom_data
