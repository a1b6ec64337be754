#include "provision/store/disks.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::disk::UnfinishedWork;

TEST_CASE("a saved disk history is loaded unchanged") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  auto none = load_disk_history(*root);
  REQUIRE(none);
  CHECK(none->unfinished.empty());
  CHECK(none->grown_to == 0);
  CHECK_FALSE(none->incomplete);
  REQUIRE(save_disk_history(*root, {.unfinished = {{"a", "resource"}, {"b", "data 3", true}},
                                    .unfinished_array = "d",
                                    .made = {"c"},
                                    .grown_to = 32ULL << 30U,
                                    .swap_files = {"e", "f"},
                                    .incomplete = true}));
  const auto again = load_disk_history(*root);
  REQUIRE(again);
  CHECK(again->unfinished == std::vector<UnfinishedWork>{{"a", "resource"}, {"b", "data 3", true}});
  CHECK(again->unfinished_array == "d");
  CHECK(again->made == std::vector<std::string>{"c"});
  CHECK(again->grown_to == 32ULL << 30U);
  CHECK(again->swap_files == std::vector<std::string>{"e", "f"});
  CHECK(again->incomplete);
}

TEST_CASE("a swap file that was made is recorded, and the oldest of too many is dropped") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskHistory history;
  for (int i = 0; i < 20; ++i)
    REQUIRE(record_swap_file_and_save(*root, history, std::to_string(i)));
  const auto saved = load_disk_history(*root);
  REQUIRE(saved);
  CHECK(saved->swap_files == history.swap_files);
  CHECK(saved->swap_files.size() == 16);
  CHECK(saved->swap_files.back() == "19");
}

TEST_CASE("the history is saved when work on a disk begins and when it is finished") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskHistory history{.unfinished_array = "a"};
  REQUIRE(begin_and_save(*root, history, {"a", "data 1"}));
  REQUIRE(begin_and_save(*root, history, {"a", "data 1"}));
  auto kept = load_disk_history(*root);
  REQUIRE(kept);
  CHECK(kept->unfinished == std::vector<UnfinishedWork>{{"a", "data 1"}});
  CHECK(kept->unfinished_array == "a");
  REQUIRE(finish_and_save(*root, history, {"a", "data 1"}, {}));
  kept = load_disk_history(*root);
  REQUIRE(kept);
  CHECK(kept->unfinished.empty());
  CHECK(kept->made == std::vector<std::string>{"a"});
  CHECK(kept->unfinished_array.empty());
}

TEST_CASE("unfinished work is marked as failed only if the history can be saved") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/azl-provision");
  const auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  azl::disk::DiskHistory history;
  const std::vector<azl::disk::Disk> disks{{.kind = azl::disk::DiskKind::kResource}};
  REQUIRE(mark_failed_and_save(*root, history, disks));
  CHECK_FALSE(root->exists(kDisksFile));
  REQUIRE(begin_and_save(*root, history, {"a", "resource"}));
  REQUIRE(root->remove(kDisksFile));
  tree.mkdir("var/lib/azl-provision/disks.json");
  CHECK_FALSE(mark_failed_and_save(*root, history, disks));
  CHECK_FALSE(history.find_unfinished("a")->failed);
  REQUIRE(::rmdir(tree.path("var/lib/azl-provision/disks.json").c_str()) == 0);
  REQUIRE(mark_failed_and_save(*root, history, disks));
  CHECK(history.find_unfinished("a")->failed);
  const auto kept = load_disk_history(*root);
  REQUIRE(kept);
  CHECK(kept->unfinished == history.unfinished);
}

TEST_CASE("an invalid disk history is an error") {
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
    const auto history = load_disk_history(*root);
    REQUIRE_FALSE(history);
    CHECK(history.error().reason() == azl::Reason::kState);
  }
}
