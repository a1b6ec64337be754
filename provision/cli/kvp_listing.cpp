#include "provision/cli/kvp_listing.h"

#include <cstddef>

#include <nlohmann/json.hpp>

#include "base/count.h"
#include "base/text.h"

namespace azl::provision {
namespace {

/// Each byte of a value may be shown as \xNN.
constexpr std::size_t kShownLimit = 4 * imds::kKvpValueSize;

std::string show(std::string_view text) { return printable(text, kShownLimit, Quotes::kKept); }

std::string describe_record(const imds::KvpPoolRecord& each) {
  auto text = show(each.record.key) + "\n  " + show(each.record.value) + "\n";
  for (const auto defect : each.defects) text += "  ! " + std::string(describe(defect)) + "\n";
  return text;
}

}  // namespace

std::string describe_pool(const imds::KvpPoolContent& pool, std::string_view file) {
  std::string text;
  for (const auto& each : pool.records) text += describe_record(each);
  if (pool.unlisted > 0)
    text += "! " + describe_count(pool.unlisted, "further record") + " not shown\n";
  if (pool.partial > 0)
    text += "! half a record at the end: " + describe_count(pool.partial, "byte") + " of " +
            std::to_string(imds::kKvpRecordSize) + "\n";
  return text + show(file) + ": " + describe_count(pool.records.size() + pool.unlisted, "record") +
         "\n";
}

std::string pool_to_json(const imds::KvpPoolContent& pool, std::string_view file) {
  using Json = nlohmann::ordered_json;
  Json json = {{"schema_version", 1},          {"file", file},
               {"damaged", pool.is_damaged()}, {"records", Json::array()},
               {"unlisted", pool.unlisted},    {"partial_bytes", pool.partial}};
  for (const auto& each : pool.records) {
    Json record = {
        {"key", each.record.key}, {"value", each.record.value}, {"defects", Json::array()}};
    for (const auto defect : each.defects) record["defects"].push_back(to_string(defect));
    json["records"].push_back(std::move(record));
  }
  return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace azl::provision
