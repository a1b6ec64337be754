#include "provision/cli/kvp_listing.h"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace azl::provision;
using azl::imds::KvpDefect;
using azl::imds::KvpPoolContent;
using nlohmann::json;

TEST_CASE("a pool is listed record by record") {
  const KvpPoolContent pool{
      .records = {{.record = {.key = "PROVISIONING_REPORT", .value = "result=success|x='y'"}}}};
  CHECK(describe_pool(pool, "pool") ==
        "PROVISIONING_REPORT\n  result=success|x='y'\npool: 1 record\n");
  CHECK(describe_pool({}, "pool") == "pool: 0 records\n");
}

TEST_CASE("what is wrong with a pool stands below it") {
  const KvpPoolContent pool{
      .records = {{.record = {.key = "A", .value = "1"}},
                  {.record = {.key = "A", .value = "2"}, .defects = {KvpDefect::kRepeatedKey}}},
      .unlisted = 1,
      .partial = 100};
  CHECK(describe_pool(pool, "pool") ==
        "A\n  1\nA\n  2\n  ! an earlier record has the same key\n"
        "! 1 further record not shown\n"
        "! half a record at the end: 100 bytes of 2560\n"
        "pool: 3 records\n");
}

TEST_CASE("nothing in a pool reaches the terminal as a control character") {
  const std::string odd = "\x1b[2J\n\xff\xE2\x80\xAE" + std::string(2040, '\x01');
  const KvpPoolContent pool{.records = {{.record = {.key = odd.substr(0, 500), .value = odd}}}};
  const auto text = describe_pool(pool, "a\nb");
  CHECK(text.starts_with("\\x1b[2J\\x0a\\xff\\xe2\\x80\\xae\\x01"));
  CHECK(text.ends_with("\na\\x0ab: 1 record\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  CHECK(text.find("…") == std::string::npos);  // whole
}

TEST_CASE("a pool as JSON has each record with the words of its defects") {
  const KvpPoolContent pool{
      .records = {{.record = {.key = "K\xff", .value = "v\x7f"}, .defects = {KvpDefect::kNotUtf8}}},
      .partial = 7};
  const auto text = pool_to_json(pool, "/pool");
  CHECK(text.find('\x7f') == std::string::npos);
  CHECK(json::parse(text) == json::parse(R"({"schema_version": 1, "file": "/pool", "damaged": true,
      "records": [{"key": "K\ufffd", "value": "v\u007f", "defects": ["not-utf-8"]}],
      "unlisted": 0, "partial_bytes": 7})"));
}
