// What custom data will do. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/secret.h"
#include "provision/custom_data/parse/part_kind.h"
#include "provision/custom_data/parse/remark.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// One part of the document, for people.
struct PartSummary {
  std::string name;
  PartKind kind = PartKind::kText;  ///< of a template that was rendered: what it became
  bool rendered = false;            ///< it was a template
  /// As it is written, decoded and unpacked: a template before it is rendered. The lines of remarks
  /// count in it.
  Secret text = {};
  /// Where the text stands in the document as it is; nullopt: nowhere.
  std::optional<std::size_t> offset = {};
};

struct CustomDataPlan {
  std::vector<PartSummary> parts;
  /// All of the early phase before all of the final phase, each in the order in which they run.
  std::vector<Item> items;
  Remarks remarks;  ///< in the document's order, at most kPlanRemarks and one
};

/// Plans any bytes. `variables` is what templates can use (parse/instance_variables.h). Errors in
/// the document become remarks: a bad part or item costs only itself.
[[nodiscard]] CustomDataPlan make_custom_data_plan(std::string_view bytes,
                                                   const nlohmann::json& variables);

}  // namespace azl::provision::custom_data
