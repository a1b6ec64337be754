// Disks x configuration -> what is done: the table in tests/unit/provision/disks/cases, one case a
// file. A case is a first line that says what it is about, and parts that begin with "== NAME":
// config (lines of [Disk]), facts (as --disks takes them), and what is expected: plan, an action
// and its reason a line. docs/disks.md is made from the same files.
#include "tests/unit/provision/disks/cases.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/config/config.h"
#include "provision/gather/disks_document.h"

using namespace azl::provision;

namespace {

std::string lines(const std::vector<azl::disk::DiskAction>& actions) {
  std::string text;
  for (const auto& action : actions) text += azl::disk::in_words(action) + ": " + action.why + "\n";
  return text;
}

}  // namespace

TEST_CASE("each case's disks get what it shows, and nothing else") {
  const auto cases = azl::test::read_disk_cases();
  CHECK(cases.size() >= 80);
  for (const auto& each : cases) {
    CAPTURE(each.name);
    CAPTURE(each.what);
    const auto config = parse_config({{"case", "[Disk]\n" + each.part("config")}});
    CHECK(config.warnings.empty());
    auto facts = parse_disks(each.part("facts"));
    REQUIRE_MESSAGE(facts, facts.error().to_string());
    CHECK(lines(azl::disk::plan_disks(*facts, config.disk)) == each.part("plan"));
    std::ranges::reverse(facts->disks);  // their order means nothing
    CHECK(lines(azl::disk::plan_disks(*facts, config.disk)) == each.part("plan"));
  }
}

TEST_CASE("nothing is done to a disk that is left") {
  for (const auto& each : azl::test::read_disk_cases()) {
    CAPTURE(each.name);
    const auto config = parse_config({{"case", "[Disk]\n" + each.part("config")}});
    const auto facts = parse_disks(each.part("facts"));
    REQUIRE(facts);
    const auto actions = azl::disk::plan_disks(*facts, config.disk);
    for (const auto& disk : facts->disks) {
      const auto writes = [&](const auto& action) {
        const bool member = std::ranges::find(action.members, disk.device) != action.members.end();
        return (action.device == disk.device || member) &&
               (action.act == azl::disk::Act::kFormat ||
                (action.act == azl::disk::Act::kStripe && !action.assemble));
      };
      if (std::ranges::none_of(actions, writes)) continue;
      // Whatever the table says: what is in use, unreadable or read-only is never written to. What
      // udev began to start of an array that is not whole is stopped before.
      auto use = disk.use;
      std::erase_if(use.holders, [&](const auto& holder) {
        return std::ranges::any_of(actions, [&](const auto& action) {
          return std::ranges::find(action.stop, holder) != action.stop.end();
        });
      });
      CHECK_FALSE(use.any());
      CHECK(std::ranges::none_of(disk.partitions, [](const auto& p) { return p.use.any(); }));
      CHECK(disk.error.empty());
      CHECK_FALSE(disk.read_only);
      CHECK(disk.kind != azl::disk::DiskKind::kOther);
      CHECK(disk.kind != azl::disk::DiskKind::kOs);
    }
  }
}

TEST_CASE("an array of local disks is looked at like a disk, and is never partitioned") {
  using namespace azl::disk;
  DiskOptions options;
  options.local_disks = DiskOptions::Local::kStripe;
  Disk array{.device = "/dev/md127", .kind = DiskKind::kArray, .size = 1 << 30, .zeroed = true};
  CHECK(lines(plan_array(array, {}, options)) ==
        "format /dev/md127 as ext4 'ephemeral': it is blank\n"
        "mount /dev/md127 at /local: it is new\n");
  array.zeroed = false;
  array.content = {.type = "ext4", .label = "ephemeral"};
  CHECK(lines(plan_array(array, {}, options)) ==
        "mount /dev/md127 at /local: an earlier boot made its file system\n");
  array.array_uuid = "a1";
  // Begun, but with a file system by now: it may be in use.
  CHECK(lines(plan_array(array, {.history = {.unfinished = {{"a1", "array"}}}}, options)) ==
        "mount /dev/md127 at /local: an earlier boot made its file system\n");
  array.content = {};
  CHECK(lines(plan_array(array, {.history = {.unfinished = {{"a1", "array"}}}}, options)) ==
        "format /dev/md127 as ext4 'ephemeral': an earlier boot began to make its file system and "
        "did not end\n"
        "mount /dev/md127 at /local: it is new\n");
  // And somebody may have used it without a file system since.
  CHECK(
      lines(plan_array(array, {.history = {.unfinished = {{"a1", "array", true}}}}, options)) ==
      "leave /dev/md127: making its file system failed, and what is on it now may be somebody's\n");
  array.table = "gpt";
  CHECK(lines(plan_array(array, {.history = {.unfinished = {{"a1", "array"}}}}, options)) ==
        "leave /dev/md127: it has an empty partition table of somebody's\n");
  array.table.clear();
  array.content.type = "ext4";
  array.content.label = "db";
  CHECK(lines(plan_array(array, {}, options)) == "leave /dev/md127: it has ext4 'db'\n");
  array.content.label = "ephemeral";
  array.use.mounted_at = {"/local"};
  CHECK(lines(plan_array(array, {}, options)) ==
        "leave /dev/md127: it is mounted at /local already\n");
}
