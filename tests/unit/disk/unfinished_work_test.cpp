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
  Making before;
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
    DiskMemory memory{.making = {row.before}};
    memory.end({"new", "data 3"}, disks());
    CHECK((memory.find(row.before.uuid) != nullptr) == row.making);
    const auto& made = memory.made;
    CHECK((std::ranges::find(made, row.before.uuid) != made.end()) == row.made);
    CHECK(made.back() == "new");
    CHECK_FALSE(memory.lost);
  }
}

TEST_CASE("an array that is whole is not striped any more") {
  DiskMemory memory{.making = {{"a", "array"}}, .striping = "a"};
  memory.end({"b", "data 1"}, {});
  CHECK(memory.striping == "a");
  memory.end({"a", "array"}, {});
  CHECK(memory.striping.empty());
  CHECK(memory.making.empty());
}

TEST_CASE("no list grows without end, and what is not remembered is not overwritten") {
  DiskMemory memory;
  for (int i = 0; i < 33; ++i) memory.begin({std::to_string(i), "data 0"});
  CHECK(memory.making.size() == 32);
  CHECK(memory.find("0") == nullptr);
  CHECK(memory.find("1") != nullptr);
  CHECK(memory.made == std::vector<std::string>{"0"});
  memory.made.resize(4095, "older");
  memory.end({"1", "data 1"}, {});
  CHECK(memory.made.size() == 4096);
  CHECK(memory.made.back() == "1");
  CHECK_FALSE(memory.lost);
  memory.end({"2", "data 2"}, {});
  CHECK(memory.made.size() == 4096);
  CHECK(memory.lost);
}

TEST_CASE("what is never overwritten need not be remembered") {
  DiskMemory memory;
  for (const char* place : {"resource", "local 1", "array"}) memory.end({"a", place}, {});
  CHECK(memory.made.empty());
}

TEST_CASE("what is begun twice is one, and what is taken back is none") {
  DiskMemory memory;
  memory.begin({"a", "data 1"});
  memory.begin({"a", "data 1"});
  CHECK(memory.making.size() == 1);
  CHECK(memory.find("") == nullptr);
  memory.forget({"a", "data 1", true});
  CHECK(memory.making.empty());
  CHECK(memory.made.empty());
}

TEST_CASE("what was begun on a disk that is left has failed") {
  const auto with = [](DiskKind kind, int number, const char* uuid) {
    return Disk{.kind = kind, .number = number, .partitions = {{.uuid = uuid}}};
  };
  struct Left {
    std::string what;
    Making before;
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
    DiskMemory memory{.making = {row.before}};
    CHECK(memory.leave(row.disk) == row.failed);
    CHECK(memory.find("a")->failed == row.failed);
    CHECK_FALSE(memory.leave(row.disk));
    memory.begin(row.before);
    CHECK(memory.making == std::vector{row.before});
  }
}
