// Jinja's filters, and Python's methods of text.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/parse/jinja_value.h"

namespace azl::provision::custom_data {

/// The arguments between the parentheses of a filter or a method.
struct JinjaArguments {
  std::vector<JinjaValue> values = {};
  std::optional<JinjaValue> boolean = {};  ///< boolean=…, which only default takes
};

/// The value, or what is wrong as a sentence without a final period. The value means nothing once
/// the context is exhausted.
using JinjaResult = std::expected<JinjaValue, std::string>;

/// Fails if there is no such filter or method, or it does not take these arguments or this value.
[[nodiscard]] JinjaResult apply_filter(std::string_view name, JinjaValue value,
                                       JinjaArguments arguments, JinjaContext& context);
[[nodiscard]] JinjaResult call_method(std::string_view name, JinjaValue value,
                                      JinjaArguments arguments, JinjaContext& context);

[[nodiscard]] std::span<const std::string_view> filter_names();
[[nodiscard]] std::span<const std::string_view> method_names();

}  // namespace azl::provision::custom_data
