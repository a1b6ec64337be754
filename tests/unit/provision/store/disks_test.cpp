#include "provision/store/disks.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::disk::Making;

TEST_CASE("what is remembered of disks is read as it was written") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  auto none = load_disk_memory(*root);
  REQUIRE(none);
  CHECK(none->making.empty());
  CHECK(none->grown_to == 0);
  CHECK_FALSE(none->lost);
  REQUIRE(save_disk_memory(*root, {.making = {{"a", "resource"}, {"b", "data 3", true}},
                                   .striping = "d",
                                   .made = {"c"},
                                   .grown_to = 32ULL << 30U,
                                   .lost = true}));
  const auto again = load_disk_memory(*root);
  REQUIRE(again);
  CHECK(again->making == std::vector<Making>{{"a", "resource"}, {"b", "data 3", true}});
  CHECK(again->striping == "d");
  CHECK(again->made == std::vector<std::string>{"c"});
  CHECK(again->grown_to == 32ULL << 30U);
  CHECK(again->lost);
}

TEST_CASE("what is made is remembered before, and after") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskMemory memory{.striping = "a"};
  REQUIRE(begin_making(*root, memory, {"a", "data 1"}));
  REQUIRE(begin_making(*root, memory, {"a", "data 1"}));
  auto kept = load_disk_memory(*root);
  REQUIRE(kept);
  CHECK(kept->making == std::vector<Making>{{"a", "data 1"}});
  CHECK(kept->striping == "a");
  REQUIRE(end_making(*root, memory, {"a", "data 1"}, {}));
  kept = load_disk_memory(*root);
  REQUIRE(kept);
  CHECK(kept->making.empty());
  CHECK(kept->made == std::vector<std::string>{"a"});
  CHECK(kept->striping.empty());
}

TEST_CASE("that a disk is left is remembered once it is written") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskMemory memory;
  const std::vector<azl::disk::Disk> disks{{.kind = azl::disk::DiskKind::kResource}};
  REQUIRE(leave_disks(*root, memory, disks));
  CHECK_FALSE(root->exists(kDisksFile));
  REQUIRE(begin_making(*root, memory, {"a", "resource"}));
  REQUIRE(root->remove(kDisksFile));
  tree.mkdir("var/lib/azl-provision/disks.json");
  CHECK_FALSE(leave_disks(*root, memory, disks));
  CHECK_FALSE(memory.find("a")->failed);
  REQUIRE(::rmdir(tree.path("var/lib/azl-provision/disks.json").c_str()) == 0);
  REQUIRE(leave_disks(*root, memory, disks));
  CHECK(memory.find("a")->failed);
  const auto kept = load_disk_memory(*root);
  REQUIRE(kept);
  CHECK(kept->making == memory.making);
}

TEST_CASE("what makes no sense is an error, and nothing is taken from it") {
  azl::test::TemporaryTree tree;
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  for (const char* text :
       {"", "{", "[]", "{}", R"({"schema_version": 2})", R"({"schema_version": 1, "making": "a"})",
        R"({"schema_version": 1, "making": ["a"]})",
        R"({"schema_version": 1, "making": [{"uuid": "a", "failed": false}]})",
        R"({"schema_version": 1, "grown_to": "much"})"}) {
    CAPTURE(text);
    tree.write("var/lib/azl-provision/disks.json", text);
    const auto memory = load_disk_memory(*root);
    REQUIRE_FALSE(memory);
    CHECK(memory.error().reason() == azl::Reason::kState);
  }
}
