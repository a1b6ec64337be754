#include "provision/custom_data/plan/remark_list.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace azl::provision::custom_data {

void RemarkList::add(Remark remark) {
  if (remarks_.size() < kPlanRemarks) return remarks_.push_back(std::move(remark));
  ++left_out_;
  highest_left_out_ = std::max(highest_left_out_, remark.level);
}

void RemarkList::add(Remarks remarks, const std::string& part) {
  for (auto& remark : remarks) {
    if (remark.place.part.empty()) remark.place.part = part;
    add(std::move(remark));
  }
}

Remarks RemarkList::take(const std::vector<std::string>& parts) && {
  std::map<std::string_view, std::size_t> ranks;
  for (const auto& part : parts) ranks.emplace(part, ranks.size() + 1);
  const auto key = [&](const Remark& remark) {
    const auto rank = ranks.find(remark.place.part);
    return std::tuple(rank == ranks.end() ? 0 : rank->second, remark.place.line,
                      remark.place.column);
  };
  std::stable_sort(remarks_.begin(), remarks_.end(),
                   [&](const Remark& a, const Remark& b) { return key(a) < key(b); });
  if (left_out_ > 0) {
    remarks_.push_back({.level = highest_left_out_,
                        .rule = "more-remarks",
                        .place = {},
                        .text = std::to_string(left_out_) + " more remarks are left out"});
  }
  return std::move(remarks_);
}

}  // namespace azl::provision::custom_data
