#include "provision/store/disks.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::disk::UnfinishedWork;

TEST_CASE("what is remembered of disks is read as it was written") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  auto none = load_disk_memory(*root);
  REQUIRE(none);
  CHECK(none->unfinished.empty());
  CHECK(none->grown_to == 0);
  CHECK_FALSE(none->lost);
  REQUIRE(save_disk_memory(*root, {.unfinished = {{"a", "resource"}, {"b", "data 3", true}},
                                   .unfinished_array = "d",
                                   .made = {"c"},
                                   .grown_to = 32ULL << 30U,
                                   .incomplete = true}));
  const auto again = load_disk_memory(*root);
  REQUIRE(again);
  CHECK(again->unfinished == std::vector<UnfinishedWork>{{"a", "resource"}, {"b", "data 3", true}});
  CHECK(again->unfinished_array == "d");
  CHECK(again->made == std::vector<std::string>{"c"});
  CHECK(again->grown_to == 32ULL << 30U);
  CHECK(again->incomplete);
}

TEST_CASE("what is made is remembered before, and after") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskHistory memory{.unfinished_array = "a"};
  REQUIRE(begin_making(*root, memory, {"a", "data 1"}));
  REQUIRE(begin_making(*root, memory, {"a", "data 1"}));
  auto kept = load_disk_memory(*root);
  REQUIRE(kept);
  CHECK(kept->unfinished == std::vector<UnfinishedWork>{{"a", "data 1"}});
  CHECK(kept->unfinished_array == "a");
  REQUIRE(end_making(*root, memory, {"a", "data 1"}, {}));
  kept = load_disk_memory(*root);
  REQUIRE(kept);
  CHECK(kept->unfinished.empty());
  CHECK(kept->made == std::vector<std::string>{"a"});
  CHECK(kept->unfinished_array.empty());
}

TEST_CASE("that a disk is left is remembered once it is written") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskHistory memory;
  const std::vector<azl::disk::Disk> disks{{.kind = azl::disk::DiskKind::kResource}};
  REQUIRE(leave_disks(*root, memory, disks));
  CHECK_FALSE(root->exists(kDisksFile));
  REQUIRE(begin_making(*root, memory, {"a", "resource"}));
  REQUIRE(root->remove(kDisksFile));
  tree.mkdir("var/lib/azl-provision/disks.json");
  CHECK_FALSE(leave_disks(*root, memory, disks));
  CHECK_FALSE(memory.find_unfinished("a")->failed);
  REQUIRE(::rmdir(tree.path("var/lib/azl-provision/disks.json").c_str()) == 0);
  REQUIRE(leave_disks(*root, memory, disks));
  CHECK(memory.find_unfinished("a")->failed);
  const auto kept = load_disk_memory(*root);
  REQUIRE(kept);
  CHECK(kept->unfinished == memory.unfinished);
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
