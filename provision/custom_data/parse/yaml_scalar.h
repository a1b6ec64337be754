// What YAML scalars mean, by YAML 1.1 as PyYAML implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace azl::provision::custom_data {

struct PlainScalar {
  enum class Kind : std::uint8_t { kNull, kBool, kInt, kFloat, kText } kind = Kind::kText;
  bool date = false;     ///< of kText: PyYAML makes a date or a time of it
  bool refused = false;  ///< of kText: PyYAML fails for it, and so does cloud-init for the document
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
};

/// The meaning of a scalar without quotes and without a tag. Integers beyond 64 bits, dates and
/// times of day with dashes are text. So is that at which PyYAML fails: "0b_", "0x_", "=", "<<" and
/// dates that there are not, such as 2024-13-01.
/// Source: https://yaml.org/type/ and PyYAML's resolver, which differs from it: "y" and "n" are
/// text, a number needs a dot to be a float, and its exponent needs a sign.
[[nodiscard]] PlainScalar resolve_plain_scalar(std::string_view text);

/// What the tags !!int, !!float and !!bool make of a scalar. They accept more than a plain scalar
/// does: "1:90" is an integer, "1e3" a float. Return nullopt if the text is no such value, and for
/// integers beyond 64 bits.
[[nodiscard]] std::optional<std::int64_t> parse_yaml_int(std::string_view text);
[[nodiscard]] std::optional<double> parse_yaml_float(std::string_view text);
[[nodiscard]] std::optional<bool> parse_yaml_bool(std::string_view text);

}  // namespace azl::provision::custom_data
