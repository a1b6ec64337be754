// What is said of parts that are recognised, but not run.
#pragma once

#include <optional>
#include <string_view>

#include "provision/custom_data/parse/part_kind.h"
#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

/// Returns a remark without a place, which names the kind and says what to write instead. Returns
/// nullopt if parts of this kind are run.
[[nodiscard]] std::optional<Remark> describe_not_run(PartKind kind, std::string_view type,
                                                     std::string_view content);

}  // namespace azl::provision::custom_data
