#include "provision/disk_memory.h"

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::disk::Disk;
using azl::disk::DiskKind;
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
  REQUIRE(save_disk_memory(*root, {.making = {{"a", "resource"}, {"b", "data 3"}},
                                   .striping = "d",
                                   .made = {"c"},
                                   .grown_to = 32ULL << 30U,
                                   .lost = true}));
  const auto again = load_disk_memory(*root);
  REQUIRE(again);
  CHECK(again->making == std::vector<Making>{{"a", "resource"}, {"b", "data 3"}});
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

TEST_CASE("what was begun before is not made any more once the disk is whole") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskMemory memory{.making = {{"never written", "data 3"},
                                          {"overwritten", "data 3"},
                                          {"overwritten after it moved", "data 4"},
                                          {"detached", "data 4"},
                                          {"moved", "data 3"},
                                          {"member", "data 3"},
                                          {"new", "data 3"}}};
  const std::vector<Disk> disks{
      {.kind = DiskKind::kData,
       .number = 3,
       .partitions = {{.uuid = "overwritten"}, {.uuid = "overwritten after it moved"}}},
      {.kind = DiskKind::kData, .number = 5, .partitions = {{.uuid = "x"}, {.uuid = "moved"}}},
      {.kind = DiskKind::kData, .number = 6, .content = {.uuid = "member"}}};
  REQUIRE(end_making(*root, memory, {"new", "data 3"}, disks));
  CHECK(memory.making ==
        std::vector<Making>{{"detached", "data 4"}, {"moved", "data 3"}, {"member", "data 3"}});
  // Should a disk that is not here have it after all, it is not overwritten.
  CHECK(memory.made == std::vector<std::string>{"never written", "new"});
  const auto kept = load_disk_memory(*root);
  REQUIRE(kept);
  CHECK(kept->making == memory.making);
  CHECK(kept->made == memory.made);
}

TEST_CASE("no list grows without end, and what is not remembered is not overwritten") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskMemory memory;
  for (int i = 0; i < 33; ++i) REQUIRE(begin_making(*root, memory, {std::to_string(i), "data 0"}));
  CHECK(memory.making.size() == 32);
  CHECK_FALSE(memory.began("0"));
  CHECK(memory.began("1"));
  CHECK(memory.made == std::vector<std::string>{"0"});
  memory.made.resize(4095, "older");
  REQUIRE(end_making(*root, memory, {"1", "data 1"}, {}));
  CHECK(memory.made.size() == 4096);
  CHECK(memory.made.back() == "1");
  CHECK_FALSE(memory.lost);
  REQUIRE(end_making(*root, memory, {"2", "data 2"}, {}));
  CHECK(memory.made.size() == 4096);
  CHECK(memory.lost);
}

TEST_CASE("what is never overwritten need not be remembered") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskMemory memory;
  for (const char* place : {"resource", "local 1", "array"})
    REQUIRE(end_making(*root, memory, {"a", place}, {}));
  CHECK(memory.made.empty());
}

TEST_CASE("what makes no sense is an error, and nothing is taken from it") {
  azl::test::TemporaryTree tree;
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  for (const char* text :
       {"", "{", "[]", "{}", R"({"schema_version": 2})", R"({"schema_version": 1, "making": "a"})",
        R"({"schema_version": 1, "making": ["a"]})",
        R"({"schema_version": 1, "making": [{"uuid": "a"}]})",
        R"({"schema_version": 1, "grown_to": "much"})"}) {
    CAPTURE(text);
    tree.write("var/lib/azl-provision/disks.json", text);
    const auto memory = load_disk_memory(*root);
    REQUIRE_FALSE(memory);
    CHECK(memory.error().reason() == azl::Reason::kState);
  }
}
