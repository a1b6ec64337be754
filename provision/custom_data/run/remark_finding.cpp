#include "provision/custom_data/run/remark_finding.h"

#include <utility>

namespace azl::provision::custom_data {

std::string describe_place(const Place& place) {
  std::string text = place.part;
  if (place.line > 0) text += (text.empty() ? "line " : ", line ") + std::to_string(place.line);
  return text.empty() ? text : text + ": ";
}

Finding make_finding(const Remark& remark) {
  auto text = describe_place(remark.place) + remark.text;
  if (!remark.advice.empty()) text += " (" + remark.advice + ")";
  return {.severity = remark.level == RemarkLevel::kNote ? Severity::kNote : Severity::kDegraded,
          .error = Error(Cause::kCustomDataDocument, std::move(text))};
}

}  // namespace azl::provision::custom_data
