#include "provision/gather/disks_document.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace azl::provision;
using namespace azl::disk;
using azl::Reason;

namespace {

std::string error_of(const std::string& json) {
  const auto facts = parse_disks(json);
  if (facts) return "none";
  CHECK(facts.error().reason() == Reason::kInvalidInput);
  return facts.error().to_string();
}

Partition full_partition() {
  return {.number = 2,
          .device = "/dev/odd2",
          .start = 1 << 20,
          .size = 1ULL << 62U,
          .uuid = "part-uuid",
          .type = "part-type",
          .content = {.type = "ntfs", .label = "Temporary Storage", .uuid = "1", .unclear = true},
          .entries = std::vector<std::string>{"a", "b"},
          .zeroed = true,
          .use = {.mounted_at = {"/a", "/b c"}, .swap = true, .holders = {"dm-0"}}};
}

Disk full_disk() {
  return {.device = "/dev/sdb",
          .kind = DiskKind::kResource,
          .number = 7,
          .why = "because",
          .size = UINT64_MAX,
          .read_only = true,
          .table = "gpt",
          .table_uuid = "table-uuid",
          .table_unclear = true,
          .content = {.type = "xfs", .label = "l", .uuid = "u", .unclear = true},
          .zeroed = true,
          .gap_used = true,
          .partitions = {full_partition(), {.number = 3, .device = "/dev/sdb3"}},
          .use = {.mounted_at = {"/x"}, .swap = true, .holders = {"md127"}},
          .error = "it could not be read"};
}

}  // namespace

TEST_CASE("every member of a disk is parsed as it was written") {
  const DiskFacts facts{.disks = {full_disk(), {.device = "/dev/sdc"}},
                        .root = {.source = "/dev/sda2", .type = "ext4"},
                        .points = {{"/a", PointState::kFree},
                                   {"/b", PointState::kMounted},
                                   {"/c", PointState::kNotEmpty},
                                   {"/d", PointState::kNoDirectory},
                                   {"/e", PointState::kLink}},
                        .other_formatter = "cloud-init does",
                        .other_grower = "systemd-growfs does",
                        .resource_line = ResourceLine{.device = "/dev/sdb",
                                                      .partition = 1,
                                                      .replaced = {"one", "two"},
                                                      .mount_point = "/m",
                                                      .options = "noatime",
                                                      .mounted_type = "xfs",
                                                      .mounted_untouched = true},
                        .history = {.unfinished = {{"uuid-1", "resource"}, {"uuid-2", "array"}},
                                    .unfinished_array = "uuid-2",
                                    .incomplete = true}};
  const auto read = parse_disks(to_json(facts));
  REQUIRE(read);
  // This compares all members, because each differs from its default above.
  CHECK(to_json(*read) == to_json(facts));
  REQUIRE(read->disks.size() == 2);
  const Disk& disk = read->disks[0];
  const Disk expected = full_disk();
  CHECK(disk.device == expected.device);
  CHECK(disk.kind == expected.kind);
  CHECK(disk.number == 7);
  CHECK(disk.why == "because");
  CHECK(disk.size == UINT64_MAX);
  CHECK(disk.read_only);
  CHECK(disk.table == "gpt");
  CHECK(disk.table_uuid == "table-uuid");
  CHECK(disk.table_unclear);
  CHECK(disk.content == expected.content);
  CHECK(disk.zeroed);
  CHECK(disk.gap_used);
  CHECK(disk.use == expected.use);
  CHECK(disk.error == expected.error);
  REQUIRE(disk.partitions.size() == 2);
  const Partition& partition = disk.partitions[0];
  const Partition full = full_partition();
  CHECK(partition.number == full.number);
  CHECK(partition.device == full.device);
  CHECK(partition.start == full.start);
  CHECK(partition.size == full.size);
  CHECK(partition.uuid == full.uuid);
  CHECK(partition.type == full.type);
  CHECK(partition.content == full.content);
  CHECK(partition.entries == full.entries);
  CHECK(partition.zeroed);
  CHECK(partition.use == full.use);
  CHECK_FALSE(disk.partitions[1].entries);
  CHECK(read->points == facts.points);
  CHECK(read->root.source == "/dev/sda2");
  CHECK(read->root.type == "ext4");
  CHECK(read->history.unfinished == facts.history.unfinished);
  CHECK(read->history.unfinished_array == "uuid-2");
  REQUIRE(read->resource_line);
  CHECK(read->resource_line->device == "/dev/sdb");
  CHECK(read->resource_line->partition == 1);
  CHECK(read->resource_line->replaced == std::vector<std::string>{"one", "two"});
  CHECK(read->resource_line->mount_point == "/m");
  CHECK(read->resource_line->options == "noatime");
  CHECK(read->resource_line->mounted_type == "xfs");
  CHECK(read->resource_line->mounted_untouched);
  CHECK(read->other_formatter == "cloud-init does");
  CHECK(read->other_grower == "systemd-growfs does");
}

TEST_CASE("a document may be a plain list of disks") {
  const std::vector<Disk> disks{full_disk()};
  const auto read = parse_disks(to_json(disks));
  REQUIRE(read);
  CHECK(to_json(read->disks) == to_json(disks));
  CHECK(read->points.empty());
}

TEST_CASE("missing members have their defaults") {
  const auto read = parse_disks(R"([{"device": "/dev/sdb", "azure": "resource", "size": 0,
    "read_only": false, "table": "gpt", "holders": [], "fs": null, "later": {"a": [1]},
    "partitions": [{"start": 1048576, "size": 0, "fs": "ntfs", "label": "Temporary Storage",
      "entries": ["DATALOSS_WARNING_README.txt"], "mounted_at": null},
      {"number": 9, "mounted_at": "/mnt", "entries": []}]}, {}])");
  REQUIRE(read);
  REQUIRE(read->disks.size() == 2);
  const Disk& disk = read->disks[0];
  CHECK(disk.kind == DiskKind::kResource);
  CHECK(disk.number == -1);
  REQUIRE(disk.partitions.size() == 2);
  CHECK(disk.partitions[0].number == 1);
  CHECK(disk.partitions[0].device == "/dev/sdb1");
  CHECK(disk.partitions[0].content.type == "ntfs");
  CHECK(disk.partitions[0].entries == std::vector<std::string>{"DATALOSS_WARNING_README.txt"});
  CHECK_FALSE(disk.partitions[0].use.any());
  CHECK(disk.partitions[1].device == "/dev/sdb9");
  CHECK(disk.partitions[1].use.mounted_at == std::vector<std::string>{"/mnt"});
  CHECK(disk.partitions[1].entries == std::vector<std::string>{});
  CHECK(read->disks[1].kind == DiskKind::kOther);
  CHECK(read->disks[1].device.empty());
}

TEST_CASE("an error gives the path of the invalid member") {
  struct Row {
    std::string json;
    std::string expected;
  };
  const std::vector<Row> rows{
      {"", "it is not JSON (line 1, column 1)"},
      {"[", "it is not JSON (line 1, column 2)"},
      {"5", "it is not an object"},
      {"null", "it is not an object"},
      {"[5]", "disks[0] is not an object"},
      {R"({"disks": {}})", "disks is not a list of at most 4096 elements"},
      {R"([{}, {"device": 5}])", "disks[1].device is not a text"},
      {R"([{"azure": "temp"}])",
       "disks[0].azure is not one of os, resource, local, data, array, other"},
      {R"([{"azure": 5}])", "disks[0].azure is not a text"},
      {R"([{"size": -1}])", "disks[0].size is not a number of bytes"},
      {R"([{"size": 1.5}])", "disks[0].size is not a number of bytes"},
      {R"([{"size": "1"}])", "disks[0].size is not a number of bytes"},
      {R"([{"size": 18446744073709551616}])", "disks[0].size is not a number of bytes"},
      {R"([{"number": -2}])", "disks[0].number is not a whole number of at least -1"},
      {R"([{"number": 2147483648}])", "disks[0].number is not a whole number of at least -1"},
      {R"([{"read_only": 1}])", "disks[0].read_only is not true or false"},
      {R"([{"holders": 1}])", "disks[0].holders is not a list of texts"},
      {R"([{"holders": ["a", 1]}])", "disks[0].holders is not a list of texts"},
      {R"([{"partitions": 1}])", "disks[0].partitions is not a list of at most 4096 elements"},
      {R"([{"partitions": [{}, {"start": true}]}])",
       "disks[0].partitions[1].start is not a number of bytes"},
      {R"([{"partitions": [{"number": 0}]}])",
       "disks[0].partitions[0].number is not a whole number of at least 1"},
      {R"([{"partitions": [{"entries": {}}]}])",
       "disks[0].partitions[0].entries is not a list of texts"},
      {R"({"root": []})", "root is not an object"},
      {R"({"root": {"type": 1}})", "root.type is not a text"},
      {R"({"points": []})", "points is not an object"},
      {R"({"points": {"/mnt": "full"}})",
       "points[\"/mnt\"] is not one of free, mounted, not-empty, no-directory, link, claimed"},
      {R"({"points": {"/mnt": 1}})",
       "points[\"/mnt\"] is not one of free, mounted, not-empty, no-directory, link, claimed"},
      {R"({"memory": {"making": 1}})", "memory.making is not a list of at most 4096 elements"},
      {R"({"memory": {"making": [{"uuid": 1}]}})", "memory.making[0].uuid is not a text"},
      {R"({"other_grower": {}})", "other_grower is not a text"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(error_of(row.json) == row.expected);
  }
}

TEST_CASE("a document that is too long is refused") {
  CHECK(error_of("[" + std::string(kDisksLimit, ' ') + "]") == "it is longer than 4194304 bytes");
  std::string many = "[{}";
  for (int i = 0; i < 4096; ++i) many += ",{}";
  CHECK(error_of(many + "]") == "disks is not a list of at most 4096 elements");
}

TEST_CASE("a label that is not UTF-8 leaves the document valid JSON") {
  CHECK(nlohmann::json::accept(to_json(std::vector<Disk>{{.content = {.label = "\xff\xfe"}}})));
}
