// What is in a pool of key-value pairs, and what is wrong with it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "imds/kvp.h"

namespace azl::imds {

/// What can be wrong with a record.
enum class KvpDefect {
  kNoKey,            ///< the key is empty
  kKeyWithoutEnd,    ///< no NUL ends the key
  kValueWithoutEnd,  ///< no NUL ends the value
  kBytesAfterEnd,    ///< something other than NULs follows the end of the key or the value
  kNotUtf8,          ///< the key or the value is not UTF-8
  kCutByHost,        ///< the value is longer than the host reads
  kRepeatedKey,      ///< an earlier record has the same key
  kNotReadByHost,    ///< the record is behind those that the host reads
};
/// Returns a few words for a person: "the key is empty".
[[nodiscard]] std::string_view describe(KvpDefect defect);
/// Returns the fixed word for programs: "no-key".
[[nodiscard]] std::string_view to_string(KvpDefect defect);

/// One record, without padding. Its text is any bytes without NUL.
struct KvpPoolRecord {
  KvpRecord record;
  std::vector<KvpDefect> defects = {};
};

/// The content of a pool.
struct KvpPoolContent {
  std::vector<KvpPoolRecord> records = {};  ///< kKvpMaxListed at most
  std::size_t unlisted = 0;                 ///< further whole records
  std::size_t partial = 0;                  ///< bytes after the last whole record

  /// Whether anything is wrong with it.
  [[nodiscard]] bool is_damaged() const;
};

/// Records that are listed at most: twice those that the host reads.
inline constexpr std::size_t kKvpMaxListed = 2 * kKvpMaxRecords;

/// Takes a pool apart. Accepts any bytes. Pure.
[[nodiscard]] KvpPoolContent examine_pool(std::string_view bytes);

}  // namespace azl::imds
