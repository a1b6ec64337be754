// The reader of JSON documents. It bounds their size and depth, whoever wrote them.
//
//   const auto json = OR_RETURN(parse_json(text, kStateLimit, Reason::kState), "reading the
//   state"); const auto* vm_id = find_member(json, "vm_id");
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace azl {

/// Deepest nesting of arrays and objects that is read.
inline constexpr std::size_t kJsonDepth = 64;

/// Parses any bytes up to `limit`. Errors: `reason`, if the text is longer, is not JSON, or is
/// nested deeper than kJsonDepth; the message gives the line and column and does not quote the
/// text.
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text, std::size_t limit,
                                                Reason reason);

/// How many values of a document are kept.
struct JsonCaps {
  std::size_t keys = std::numeric_limits<std::size_t>::max();      ///< of one object
  std::size_t elements = std::numeric_limits<std::size_t>::max();  ///< of one array
  std::size_t values = std::numeric_limits<std::size_t>::max();    ///< in total
};
struct CappedJson {
  nlohmann::json value;
  bool shortened = false;  ///< values beyond the caps were left out
};
/// As parse_json above, but leaves out the values beyond `caps`. The first ones are kept.
[[nodiscard]] Result<CappedJson> parse_json(std::string_view text, std::size_t limit, Reason reason,
                                            const JsonCaps& caps);

/// Returns the member `key`; nullptr if `json` is not an object, or the member is absent or null.
template <class Json>
[[nodiscard]] const Json* find_member(const Json& json, std::string_view key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

/// Returns the member `key` if it is a string; `otherwise` if it is anything else or absent.
template <class Json>
[[nodiscard]] std::string text_member(const Json& json, std::string_view key,
                                      std::string otherwise = {}) {
  const Json* value = find_member(json, key);
  return value && value->is_string() ? value->template get<std::string>() : std::move(otherwise);
}
/// Returns the member `key` if it is true or false; `otherwise` if it is anything else or absent.
template <class Json>
[[nodiscard]] bool bool_member(const Json& json, std::string_view key, bool otherwise = false) {
  const Json* value = find_member(json, key);
  return value && value->is_boolean() ? value->template get<bool>() : otherwise;
}
/// Returns the member `key` if it is a whole number that fits; `otherwise` if it is anything else
/// or absent.
template <class Json>
[[nodiscard]] std::int64_t number_member(const Json& json, std::string_view key,
                                         std::int64_t otherwise = 0) {
  const Json* value = find_member(json, key);
  if (!value || !value->is_number_integer()) return otherwise;
  const bool fits = !value->is_number_unsigned() ||
                    std::in_range<std::int64_t>(value->template get<std::uint64_t>());
  return fits ? value->template get<std::int64_t>() : otherwise;
}

}  // namespace azl
