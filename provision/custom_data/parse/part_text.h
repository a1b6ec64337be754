// The text of a part, and what is wrong with its encoding.
#pragma once

#include <string_view>

#include "provision/custom_data/parse/part_kind.h"
#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

struct PartText {
  std::string_view text;  ///< without a byte-order mark
  Remarks remarks;        ///< the places have no part
  bool readable = true;   ///< false: a remark says why the part cannot be used
};

/// Finds the text in the content of a part, and checks what its kind asks of it.
[[nodiscard]] PartText find_part_text(PartKind kind, std::string_view content);

/// What is said of content that is UTF-16.
[[nodiscard]] Remark describe_utf16();

}  // namespace azl::provision::custom_data
