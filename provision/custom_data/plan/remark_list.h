// The remarks about a document, with a bound.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

/// Most remarks that are kept of a document.
inline constexpr std::size_t kPlanRemarks = 2000;

/// Collects remarks. Beyond kPlanRemarks it only counts them.
class RemarkList {
 public:
  void add(Remark remark);
  /// Adds the remarks of a parser. Those whose place has no part are about `part`.
  void add(Remarks remarks, const std::string& part = {});

  /// Returns the remarks in the order of the document: by part, line and column. `parts` has the
  /// names of the parts in their order; remarks about no part come first. One more remark at the
  /// end says how many were left out, with the highest of their levels.
  [[nodiscard]] Remarks take(const std::vector<std::string>& parts) &&;

 private:
  Remarks remarks_;
  std::size_t left_out_ = 0;
  RemarkLevel highest_left_out_ = RemarkLevel::kNote;
};

}  // namespace azl::provision::custom_data
