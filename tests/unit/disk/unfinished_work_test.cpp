#include "disk/unfinished_work.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::disk;

namespace {

/// What happens to an entry of earlier work when the work "new" on data disk 3 is finished.
struct Row {
  std::string what;
  UnfinishedWork before;
  bool unfinished;  ///< the entry stays
  bool made;        ///< its partition is never overwritten
};

const std::vector<Disk>& disks() {
  static const std::vector<Disk> disks{
      {.kind = DiskKind::kData, .number = 3, .partitions = {{.uuid = "old"}}},
      {.kind = DiskKind::kData, .number = 5, .partitions = {{.uuid = "x"}, {.uuid = "moved"}}},
      {.kind = DiskKind::kData, .number = 6, .content = {.uuid = "member"}},
      {.kind = DiskKind::kArray, .array_uuid = "array"}};
  return disks;
}

}  // namespace

TEST_CASE("finishing work drops earlier work on the same disk or in its place") {
  for (const Row& row : std::vector<Row>{
           {"the finished work itself", {"new", "data 3"}, false, true},
           {"a partition that no disk has", {"nowhere", "data 3"}, false, true},
           {"a partition that is overwritten now", {"old", "data 3"}, false, false},
           {"a partition that is overwritten now, on a disk that was in another place",
            {"old", "data 4"},
            false,
            false},
           {"a partition on a disk that is in another place now", {"moved", "data 3"}, true, false},
           {"an array with a member in this place", {"member", "data 3"}, true, false},
           {"an array that is in this place", {"array", "data 3"}, true, false},
           {"work in another place", {"nowhere", "data 4"}, true, false},
           {"work in a place whose name has the same beginning",
            {"nowhere", "data 33"},
            true,
            false}}) {
    CAPTURE(row.what);
    DiskHistory history{.unfinished = {row.before}};
    history.finish({"new", "data 3"}, disks());
    CHECK((history.find_unfinished(row.before.uuid) != nullptr) == row.unfinished);
    const auto& made = history.made;
    CHECK((std::ranges::find(made, row.before.uuid) != made.end()) == row.made);
    CHECK(made.back() == "new");
    CHECK_FALSE(history.incomplete);
  }
}

TEST_CASE("finishing the work on an array clears unfinished_array") {
  DiskHistory history{.unfinished = {{"a", "array"}}, .unfinished_array = "a"};
  history.finish({"b", "data 1"}, {});
  CHECK(history.unfinished_array == "a");
  history.finish({"a", "array"}, {});
  CHECK(history.unfinished_array.empty());
  CHECK(history.unfinished.empty());
}

TEST_CASE("the lists are limited, and the history is incomplete if an entry is lost") {
  DiskHistory history;
  for (int i = 0; i < 33; ++i) history.begin({std::to_string(i), "data 0"});
  CHECK(history.unfinished.size() == 32);
  CHECK(history.find_unfinished("0") == nullptr);
  CHECK(history.find_unfinished("1") != nullptr);
  CHECK(history.made == std::vector<std::string>{"0"});
  history.made.resize(4095, "older");
  history.finish({"1", "data 1"}, {});
  CHECK(history.made.size() == 4096);
  CHECK(history.made.back() == "1");
  CHECK_FALSE(history.incomplete);
  history.finish({"2", "data 2"}, {});
  CHECK(history.made.size() == 4096);
  CHECK(history.incomplete);
}

TEST_CASE("only partitions of data disks are added to made") {
  DiskHistory history;
  for (const char* place : {"resource", "local 1", "array"}) history.finish({"a", place}, {});
  CHECK(history.made.empty());
}

TEST_CASE("work that is begun twice has one entry, and removed work has no entry") {
  DiskHistory history;
  history.begin({"a", "data 1"});
  history.begin({"a", "data 1"});
  CHECK(history.unfinished.size() == 1);
  CHECK(history.find_unfinished("") == nullptr);
  history.remove({"a", "data 1", true});
  CHECK(history.unfinished.empty());
  CHECK(history.made.empty());
}

TEST_CASE("unfinished work on a disk is marked as failed") {
  const auto with = [](DiskKind kind, int number, const char* uuid) {
    return Disk{.kind = kind, .number = number, .partitions = {{.uuid = uuid}}};
  };
  struct Case {
    std::string what;
    UnfinishedWork before;
    Disk disk;
    bool failed;
  };
  for (const Case& row : std::vector<Case>{
           {"the same disk in the same place",
            {"a", "data 3"},
            with(DiskKind::kData, 3, "a"),
            true},
           {"the same disk in another place", {"a", "data 3"}, with(DiskKind::kData, 4, "a"), true},
           {"a disk in the same place whose table was not read or is new",
            {"a", "data 3"},
            with(DiskKind::kData, 3, ""),
            true},
           {"another disk", {"a", "data 3"}, with(DiskKind::kData, 4, "b"), false},
           {"another kind of disk", {"a", "local 1"}, with(DiskKind::kData, 1, "b"), false},
           {"a disk of the array", {"a", "array"}, with(DiskKind::kLocal, 1, ""), true},
           {"the array", {"a", "array"}, {.kind = DiskKind::kArray, .array_uuid = "a"}, true},
           {"a disk that belongs to no array",
            {"a", "array"},
            with(DiskKind::kResource, -1, ""),
            false}}) {
    CAPTURE(row.what);
    DiskHistory history{.unfinished = {row.before}};
    CHECK(history.mark_failed(row.disk) == row.failed);
    CHECK(history.find_unfinished("a")->failed == row.failed);
    CHECK_FALSE(history.mark_failed(row.disk));
    history.begin(row.before);
    CHECK(history.unfinished == std::vector{row.before});
  }
}
