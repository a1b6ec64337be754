// Reads and evaluates one expression of a Jinja template.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "provision/custom_data/parse/jinja_cursor.h"
#include "provision/custom_data/parse/jinja_value.h"

namespace azl::provision::custom_data {

struct ExpressionResult {
  std::string text;     ///< what stands in place of the expression
  std::size_t end = 0;  ///< the offset after "}}"
  bool strip = false;   ///< it ends with "-}}": white space after it is removed
};

/// Evaluates the expression that starts at `begin`, after "{{", and ends with "}}" or "-}}".
[[nodiscard]] std::expected<ExpressionResult, ExpressionFailure> evaluate_expression(
    std::string_view text, std::size_t begin, JinjaContext& context);

}  // namespace azl::provision::custom_data
