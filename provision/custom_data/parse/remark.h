// What is wrong, or worth knowing, at a place in custom data.
#pragma once

#include <string>
#include <vector>

namespace azl::provision::custom_data {

/// A place in custom data. Lines and columns count from 1, in the part after it was decoded.
struct Place {
  std::string part = {};  ///< the name of the part, for example "part-001"; empty: no single part
  int line = 0;           ///< 0: the whole part
  int column = 0;         ///< in bytes; 0: the whole line
};

enum class RemarkLevel {
  kNote,     ///< worth knowing
  kWarning,  ///< something will not be done, or not as it is written
  kError,    ///< the part or the item cannot be used
};

/// One sentence about a place. Users read it on the console, so it contains no value of the
/// document: values may be secrets. It may quote the name of a key, a type or a header.
struct Remark {
  RemarkLevel level = RemarkLevel::kWarning;
  /// A short, stable name of the rule, for example "unknown-key". Other programs match on it.
  std::string rule;
  Place place = {};
  std::string text;         ///< a sentence without a final period
  std::string advice = {};  ///< what to write instead; empty: nothing
};

using Remarks = std::vector<Remark>;

}  // namespace azl::provision::custom_data
