#include "imds/kvp_pool.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::imds;
using enum KvpDefect;

namespace {

/// Returns the bytes of a record: 512 of key, 2048 of value.
std::string raw(std::string key, std::string value) {
  key.resize(512);
  value.resize(2048);
  return key + value;
}

std::string many(std::size_t count) {
  std::string pool;
  for (std::size_t i = 0; i < count; ++i) pool += raw("K" + std::to_string(i), "v");
  return pool;
}

}  // namespace

TEST_CASE("a sound pool has no defects") {
  const auto pool = examine_pool(raw("PROVISIONING_REPORT", "result=success") + raw("B", ""));
  REQUIRE(pool.records.size() == 2);
  CHECK(pool.records[0].record.key == "PROVISIONING_REPORT");
  CHECK(pool.records[0].record.value == "result=success");
  CHECK(pool.records[0].defects.empty());
  CHECK_FALSE(pool.is_damaged());
  CHECK_FALSE(examine_pool("").is_damaged());
  CHECK_FALSE(examine_pool(many(1024)).is_damaged());
}

TEST_CASE("each defect of a record is found") {
  struct Row {
    const char* what;
    std::string bytes;
    std::vector<KvpDefect> expected;
  };
  const Row rows[] = {
      {"no key", raw("", "v"), {kNoKey}},
      {"a record of NULs", raw("", ""), {kNoKey}},
      {"a key of 512 bytes", raw(std::string(512, 'k'), "v"), {kKeyWithoutEnd}},
      {"a value of 2048 bytes", raw("k", std::string(2048, 'v')), {kValueWithoutEnd, kCutByHost}},
      {"a value of 1023 bytes", raw("k", std::string(1023, 'v')), {}},
      {"a value of 1024 bytes", raw("k", std::string(1024, 'v')), {kCutByHost}},
      {"bytes after the key", raw(std::string("k\0x", 3), "v"), {kBytesAfterEnd}},
      {"bytes after the value", raw("k", std::string("v\0x", 3)), {kBytesAfterEnd}},
      {"a key that is not UTF-8", raw("\xff", "v"), {kNotUtf8}},
      {"a value cut within a character", raw("k", "\xE2\x82"), {kNotUtf8}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto pool = examine_pool(row.bytes);
    REQUIRE(pool.records.size() == 1);
    CHECK((pool.records[0].defects == row.expected));
    CHECK(pool.is_damaged() == !row.expected.empty());
  }
}

TEST_CASE("a repeated key, half a record and too many records are told") {
  const auto repeated = examine_pool(raw("K", "1") + raw("L", "2") + raw("K", "3"));
  CHECK(repeated.records[1].defects.empty());
  CHECK((repeated.records[2].defects == std::vector{kRepeatedKey}));

  const auto half = examine_pool(raw("K", "1") + "PROVISIONING_");
  CHECK(half.records.size() == 1);
  CHECK(half.partial == 13);
  CHECK(half.is_damaged());

  const auto long_pool = examine_pool(many(1025));
  CHECK(long_pool.records[1023].defects.empty());
  CHECK((long_pool.records[1024].defects == std::vector{kNotReadByHost}));

  const auto huge = examine_pool(many(3000) + "x");
  CHECK(huge.records.size() == 2048);
  CHECK(huge.unlisted == 952);
  CHECK(huge.partial == 1);
}

TEST_CASE("each defect has a word and a sentence of its own") {
  std::vector<std::string_view> words;
  for (const auto defect : {kNoKey, kKeyWithoutEnd, kValueWithoutEnd, kBytesAfterEnd, kNotUtf8,
                            kCutByHost, kRepeatedKey, kNotReadByHost}) {
    for (const auto word : {to_string(defect), describe(defect)}) {
      CHECK_FALSE(word.empty());
      for (const auto other : words) CHECK(word != other);
      words.push_back(word);
    }
  }
}
