#include "disk/unfinished_work.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::disk;

namespace {

/// What becomes of one that was begun before, when "new" is whole as data disk 3.
struct Row {
  std::string what;
  UnfinishedWork before;
  bool making;  ///< it is still being made
  bool made;    ///< it is never overwritten
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

TEST_CASE("what was begun before is judged by who has it when a disk is whole") {
  for (const Row& row : std::vector<Row>{
           {"the one itself", {"new", "data 3"}, false, true},
           {"never written", {"nowhere", "data 3"}, false, true},
           {"overwritten just now", {"old", "data 3"}, false, false},
           {"overwritten after its disk had moved here", {"old", "data 4"}, false, false},
           {"moved to another place", {"moved", "data 3"}, true, false},
           {"an array's, which has members here", {"member", "data 3"}, true, false},
           {"an array's, which is here", {"array", "data 3"}, true, false},
           {"of a place where nothing was made", {"nowhere", "data 4"}, true, false},
           {"of a place whose name begins alike", {"nowhere", "data 33"}, true, false}}) {
    CAPTURE(row.what);
    DiskHistory history{.unfinished = {row.before}};
    history.finish({"new", "data 3"}, disks());
    CHECK((history.find_unfinished(row.before.uuid) != nullptr) == row.making);
    const auto& made = history.made;
    CHECK((std::ranges::find(made, row.before.uuid) != made.end()) == row.made);
    CHECK(made.back() == "new");
    CHECK_FALSE(history.incomplete);
  }
}

TEST_CASE("an array that is whole is not striped any more") {
  DiskHistory history{.unfinished = {{"a", "array"}}, .unfinished_array = "a"};
  history.finish({"b", "data 1"}, {});
  CHECK(history.unfinished_array == "a");
  history.finish({"a", "array"}, {});
  CHECK(history.unfinished_array.empty());
  CHECK(history.unfinished.empty());
}

TEST_CASE("no list grows without end, and what is not remembered is not overwritten") {
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

TEST_CASE("what is never overwritten need not be remembered") {
  DiskHistory history;
  for (const char* place : {"resource", "local 1", "array"}) history.finish({"a", place}, {});
  CHECK(history.made.empty());
}

TEST_CASE("what is begun twice is one, and what is taken back is none") {
  DiskHistory history;
  history.begin({"a", "data 1"});
  history.begin({"a", "data 1"});
  CHECK(history.unfinished.size() == 1);
  CHECK(history.find_unfinished("") == nullptr);
  history.remove({"a", "data 1", true});
  CHECK(history.unfinished.empty());
  CHECK(history.made.empty());
}

TEST_CASE("what was begun on a disk that is left has failed") {
  const auto with = [](DiskKind kind, int number, const char* uuid) {
    return Disk{.kind = kind, .number = number, .partitions = {{.uuid = uuid}}};
  };
  struct Left {
    std::string what;
    UnfinishedWork before;
    Disk disk;
    bool failed;
  };
  for (const Left& row : std::vector<Left>{
           {"as it was begun", {"a", "data 3"}, with(DiskKind::kData, 3, "a"), true},
           {"at another place", {"a", "data 3"}, with(DiskKind::kData, 4, "a"), true},
           {"with a table not read, or new", {"a", "data 3"}, with(DiskKind::kData, 3, ""), true},
           {"another one", {"a", "data 3"}, with(DiskKind::kData, 4, "b"), false},
           {"of another kind", {"a", "local 1"}, with(DiskKind::kData, 1, "b"), false},
           {"a disk of the array", {"a", "array"}, with(DiskKind::kLocal, 1, ""), true},
           {"the array", {"a", "array"}, {.kind = DiskKind::kArray, .array_uuid = "a"}, true},
           {"a disk of no array", {"a", "array"}, with(DiskKind::kResource, -1, ""), false}}) {
    CAPTURE(row.what);
    DiskHistory history{.unfinished = {row.before}};
    CHECK(history.mark_failed(row.disk) == row.failed);
    CHECK(history.find_unfinished("a")->failed == row.failed);
    CHECK_FALSE(history.mark_failed(row.disk));
    history.begin(row.before);
    CHECK(history.unfinished == std::vector{row.before});
  }
}
