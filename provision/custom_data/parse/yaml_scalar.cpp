#include "provision/custom_data/parse/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <string>
#include <system_error>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
constexpr std::string_view kDigitsAndUnderscore = "0123456789_";

constexpr std::string_view kNull[] = {"", "~", "null", "Null", "NULL"};
constexpr std::string_view kTrue[] = {"yes",  "Yes", "YES", "true", "True",
                                      "TRUE", "on",  "On",  "ON"};
constexpr std::string_view kFalse[] = {"no",    "No",  "NO",  "false", "False",
                                       "FALSE", "off", "Off", "OFF"};

bool is_one_of(std::string_view text, auto&& words) {
  return std::ranges::find(words, text) != std::ranges::end(words);
}

/// Removes the first character if it is one of `allowed`.
bool take_one(std::string_view& rest, std::string_view allowed) {
  if (rest.empty() || !allowed.contains(rest.front())) return false;
  rest.remove_prefix(1);
  return true;
}

/// Removes the characters at the start that are in `allowed`, and returns how many they are.
std::size_t take_all(std::string_view& rest, std::string_view allowed) {
  const auto count = std::min(rest.find_first_not_of(allowed), rest.size());
  rest.remove_prefix(count);
  return count;
}

/// Removes the minutes and seconds of a sexagesimal number: (:[0-5]?[0-9])+.
bool take_sixtieths(std::string_view& rest) {
  std::size_t count = 0;
  while (take_one(rest, ":")) {
    const auto digits = rest.substr(0, rest.find_first_not_of(kDigits));
    if (digits.empty() || digits.size() > 2) return false;
    if (digits.size() == 2 && digits.front() > '5') return false;
    rest.remove_prefix(digits.size());
    ++count;
  }
  return count > 0;
}

/// Whether the rest is what `allowed` has, and at least one character.
bool is_all(std::string_view rest, std::string_view allowed) {
  return take_all(rest, allowed) > 0 && rest.empty();
}

/// PyYAML's expression for integers, in the order of its alternatives.
bool is_int(std::string_view text) {
  take_one(text, "+-");
  if (text == "0") return true;
  if (text.starts_with("0b")) return is_all(text.substr(2), "01_");
  if (text.starts_with("0x")) return is_all(text.substr(2), "0123456789abcdefABCDEF_");
  if (text.starts_with('0')) return is_all(text.substr(1), "01234567_");
  if (!take_one(text, kDigits)) return false;
  take_all(text, kDigitsAndUnderscore);
  return text.empty() || (take_sixtieths(text) && text.empty());
}

/// An exponent with its sign, or nothing.
bool is_exponent(std::string_view rest) {
  if (rest.empty()) return true;
  return take_one(rest, "eE") && take_one(rest, "+-") && is_all(rest, kDigits);
}

bool is_infinity_or_nan(std::string_view text) {
  if (is_one_of(text, std::initializer_list<std::string_view>{".nan", ".NaN", ".NAN"})) return true;
  take_one(text, "+-");
  return is_one_of(text, std::initializer_list<std::string_view>{".inf", ".Inf", ".INF"});
}

/// PyYAML's expression for floats. A sign before ".5" makes it text.
bool is_float(std::string_view text) {
  if (is_infinity_or_nan(text)) return true;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_one(text, kDigits)) return false;
    take_all(text, kDigitsAndUnderscore);
    return is_exponent(text);
  }
  take_one(text, "+-");
  if (!take_one(text, kDigits)) return false;
  take_all(text, kDigitsAndUnderscore);
  const bool sexagesimal = text.starts_with(':');
  if (sexagesimal && !take_sixtieths(text)) return false;
  if (!take_one(text, ".")) return false;
  take_all(text, kDigitsAndUnderscore);
  return sexagesimal ? text.empty() : is_exponent(text);
}

std::string without_underscores(std::string_view text) {
  std::string result(text);
  std::erase(result, '_');
  return result;
}

/// Parses digits of a base. Returns nullopt if there is anything else, or too much of it.
std::optional<std::uint64_t> parse_digits(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {};
  return value;
}

/// Parses a:b:c, each sixty times the next.
std::optional<std::uint64_t> parse_sixtieths(std::string_view text) {
  std::uint64_t total = 0;
  while (true) {
    const auto colon = std::min(text.find(':'), text.size());
    const auto part = parse_digits(text.substr(0, colon), 10);
    if (!part || __builtin_mul_overflow(total, 60U, &total) ||
        __builtin_add_overflow(total, *part, &total))
      return {};
    if (colon == text.size()) return total;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::uint64_t> parse_magnitude(std::string_view text) {
  if (text.starts_with("0b")) return parse_digits(text.substr(2), 2);
  if (text.starts_with("0x")) return parse_digits(text.substr(2), 16);
  if (text.starts_with('0')) return parse_digits(text, 8);
  return parse_sixtieths(text);
}

/// The value of a decimal number that is too large or too small for a double.
double beyond_range(std::string_view text) {
  const auto exponent = text.find('e');
  const bool small =
      exponent != std::string_view::npos
          ? text.substr(exponent + 1).starts_with('-')
          : text.substr(0, text.find('.')).find_first_not_of('0') == std::string_view::npos;
  return small ? 0 : std::numeric_limits<double>::infinity();
}

std::optional<double> parse_decimal(std::string_view text) {
  // from_chars also reads "inf" and "nan", which YAML writes with a dot.
  if (text.empty() || !std::string_view("0123456789.").contains(text.front())) return {};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return {};
  if (error == std::errc::result_out_of_range) return beyond_range(text);
  if (error != std::errc{}) return {};
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_yaml_int(std::string_view text) {
  const auto plain = without_underscores(text);
  std::string_view rest = plain;
  const bool negative = rest.starts_with('-');
  take_one(rest, "+-");
  const auto magnitude = parse_magnitude(rest);
  constexpr auto kMost = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (!magnitude || *magnitude > kMost + (negative ? 1 : 0)) return {};
  // Negates without overflow, also the smallest number.
  return static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
}

std::optional<double> parse_yaml_float(std::string_view text) {
  const auto plain = lower(without_underscores(text));
  std::string_view rest = plain;
  const double sign = rest.starts_with('-') ? -1 : 1;
  take_one(rest, "+-");
  if (rest == ".inf") return sign * std::numeric_limits<double>::infinity();
  if (rest == ".nan") return std::numeric_limits<double>::quiet_NaN();
  double total = 0;
  while (true) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto part = parse_decimal(rest.substr(0, colon));
    if (!part) return {};
    total = total * 60 + *part;
    if (colon == rest.size()) return sign * total;
    rest.remove_prefix(colon + 1);
  }
}

std::optional<bool> parse_yaml_bool(std::string_view text) {
  const auto word = lower(text);
  if (is_one_of(word, kTrue)) return true;
  if (is_one_of(word, kFalse)) return false;
  return {};
}

namespace {

/// Takes `least` to `most` digits. Returns -1 if there are fewer.
int take_number(std::string_view& rest, std::size_t least, std::size_t most) {
  int number = 0;
  std::size_t count = 0;
  for (; count < most && !rest.empty() && kDigits.contains(rest.front()); ++count) {
    number = number * 10 + (rest.front() - '0');
    rest.remove_prefix(1);
  }
  return count < least ? -1 : number;
}

bool take_text(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

/// Takes "10:20:30.4 +01:00". Returns nullopt if it is something else, and false if there is no
/// such time.
std::optional<bool> take_time(std::string_view& rest) {
  const auto hour = take_number(rest, 1, 2);
  if (hour < 0 || !take_text(rest, ":")) return {};
  const auto minute = take_number(rest, 2, 2);
  if (minute < 0 || !take_text(rest, ":")) return {};
  const auto second = take_number(rest, 2, 2);
  if (second < 0) return {};
  if (take_text(rest, ".")) take_all(rest, kDigits);
  const bool exists = hour < 24 && minute < 60 && second < 60;
  auto zone = rest;
  take_all(zone, " \t");
  if (take_text(zone, "Z")) {
    rest = zone;
  } else if (take_one(zone, "+-")) {
    const auto offset = take_number(zone, 1, 2);
    if (offset < 0 || (take_text(zone, ":") && take_number(zone, 2, 2) < 0)) return {};
    rest = zone;
    return exists && offset < 24;
  }
  return exists;
}

/// Whether PyYAML's expression for timestamps fits. Returns nullopt if it does not, and false if
/// there is no such date.
std::optional<bool> find_date(std::string_view text) {
  auto rest = text;
  const auto year = take_number(rest, 4, 4);
  if (year < 0 || !take_text(rest, "-")) return {};
  const auto month = take_number(rest, 1, 2);
  if (month < 0 || !take_text(rest, "-")) return {};
  const auto day = take_number(rest, 1, 2);
  if (day < 0) return {};
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  const bool exists = year > 0 && date.ok();
  if (rest.empty()) return text.size() == 10 ? std::optional(exists) : std::nullopt;
  if (!take_one(rest, "Tt") && take_all(rest, " \t") == 0) return {};
  const auto time = take_time(rest);
  if (!time || !rest.empty()) return {};
  return exists && *time;
}

PlainScalar resolve_text(std::string_view text) {
  if (const auto date = find_date(text)) return {.date = true, .refused = !*date};
  return {.refused = text == "=" || text == "<<"};
}

}  // namespace

PlainScalar resolve_plain_scalar(std::string_view text) {
  using Kind = PlainScalar::Kind;
  if (is_one_of(text, kNull)) return {.kind = Kind::kNull};
  if (is_one_of(text, kTrue)) return {.kind = Kind::kBool, .boolean = true};
  if (is_one_of(text, kFalse)) return {.kind = Kind::kBool, .boolean = false};
  if (is_float(text))
    if (const auto number = parse_yaml_float(text))
      return {.kind = Kind::kFloat, .number = *number};
  if (is_int(text)) {
    if (const auto integer = parse_yaml_int(text)) return {.kind = Kind::kInt, .integer = *integer};
    const auto after_base = text.find_first_of("bx") + 1;  // npos + 1 is 0
    return {.refused = text.find_first_of(kHexDigits, after_base) == std::string_view::npos};
  }
  return resolve_text(text);
}

}  // namespace azl::provision::custom_data
