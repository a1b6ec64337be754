#include "imds/kvp_pool.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.h"

namespace azl::imds {
namespace {

using enum KvpDefect;

struct DefectWords {
  KvpDefect defect;
  std::string_view word;
  std::string_view sentence;
};
constexpr std::array<DefectWords, 8> kDefects = {{
    {kNoKey, "no-key", "the key is empty"},
    {kKeyWithoutEnd, "key-without-end", "no NUL ends the key"},
    {kValueWithoutEnd, "value-without-end", "no NUL ends the value"},
    {kBytesAfterEnd, "bytes-after-end", "bytes follow the end of the key or the value"},
    {kNotUtf8, "not-utf-8", "the key or the value is not UTF-8"},
    {kCutByHost, "cut-by-host", "the host reads only the first 1023 bytes of the value"},
    {kRepeatedKey, "repeated-key", "an earlier record has the same key"},
    {kNotReadByHost, "not-read-by-host", "the host reads only the first 1024 records"},
}};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto size = utf8_length(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

/// One of the two fields of a record.
struct Field {
  std::string_view text;
  bool ended = false;  ///< by a NUL
  bool padded = true;  ///< with nothing but NULs
};

Field read_field(std::string_view bytes) {
  const auto end = bytes.find('\0');
  if (end == std::string_view::npos) return {.text = bytes};
  return {.text = bytes.substr(0, end),
          .ended = true,
          .padded = bytes.find_first_not_of('\0', end) == std::string_view::npos};
}

/// Finds what is wrong with a record by itself.
std::vector<KvpDefect> find_defects(const Field& key, const Field& value) {
  std::vector<KvpDefect> defects;
  const auto add_if = [&](bool wrong, KvpDefect defect) {
    if (wrong) defects.push_back(defect);
  };
  add_if(key.text.empty(), kNoKey);
  add_if(!key.ended, kKeyWithoutEnd);
  add_if(!value.ended, kValueWithoutEnd);
  add_if(!key.padded || !value.padded, kBytesAfterEnd);
  add_if(!is_utf8(key.text) || !is_utf8(value.text), kNotUtf8);
  add_if(value.text.size() > kKvpHostLimit, kCutByHost);
  return defects;
}

}  // namespace

std::string_view describe(KvpDefect defect) {
  return std::ranges::find(kDefects, defect, &DefectWords::defect)->sentence;
}

std::string_view to_string(KvpDefect defect) {
  return std::ranges::find(kDefects, defect, &DefectWords::defect)->word;
}

bool KvpPoolContent::is_damaged() const {
  return partial > 0 || unlisted > 0 ||
         std::ranges::any_of(records, [](const auto& each) { return !each.defects.empty(); });
}

KvpPoolContent examine_pool(std::string_view bytes) {
  KvpPoolContent content;
  std::set<std::string_view> keys;
  for (; bytes.size() >= kKvpRecordSize && content.records.size() < kKvpMaxListed;
       bytes.remove_prefix(kKvpRecordSize)) {
    const auto key = read_field(bytes.substr(0, kKvpKeySize));
    const auto value = read_field(bytes.substr(kKvpKeySize, kKvpValueSize));
    auto defects = find_defects(key, value);
    if (!key.text.empty() && !keys.insert(key.text).second) defects.push_back(kRepeatedKey);
    if (content.records.size() >= kKvpMaxRecords) defects.push_back(kNotReadByHost);
    content.records.push_back(
        {.record = {.key = std::string(key.text), .value = std::string(value.text)},
         .defects = std::move(defects)});
  }
  content.unlisted = bytes.size() / kKvpRecordSize;
  content.partial = bytes.size() % kKvpRecordSize;
  return content;
}

}  // namespace azl::imds
