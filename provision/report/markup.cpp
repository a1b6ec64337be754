#include "provision/report/markup.h"

#include <algorithm>

#include "base/text.h"
#include "provision/record/redact.h"

namespace azl::provision {
namespace {

/// U+FFFE and U+FFFF, which XML does not allow.
bool is_noncharacter(std::string_view character) {
  return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

std::string_view reference_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string to_markup(std::string_view text, std::size_t limit) {
  const auto shown = printable(redact(text).text, limit, Quotes::kKept);
  std::string markup;
  markup.reserve(shown.size());
  for (std::size_t at = 0; at < shown.size();) {
    const auto length = std::max<std::size_t>(utf8_length(std::string_view(shown).substr(at)), 1);
    const auto character = std::string_view(shown).substr(at, length);
    const auto reference = reference_of(character.front());
    if (is_noncharacter(character))
      markup += "\xEF\xBF\xBD";
    else
      markup += reference.empty() ? character : reference;
    at += length;
  }
  return markup;
}

std::size_t count_columns(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = std::max<std::size_t>(utf8_length(text.substr(at)), 1);
    columns += length == 1 ? 1 : 2;
    at += length;
  }
  return columns;
}

std::string cut_columns(std::string_view text, std::size_t columns) {
  constexpr std::size_t kLimit = 1024;
  auto shown = printable(redact(text).text, kLimit, Quotes::kKept);
  if (count_columns(shown) <= columns) return shown;
  constexpr std::size_t kEllipsis = 2;  // columns
  std::string cut;
  std::size_t taken = 0;
  for (std::size_t at = 0; at < shown.size();) {
    const auto length = std::max<std::size_t>(utf8_length(std::string_view(shown).substr(at)), 1);
    taken += length == 1 ? 1 : 2;
    if (taken + kEllipsis > columns) break;
    cut += shown.substr(at, length);
    at += length;
  }
  return cut + "…";
}

}  // namespace azl::provision
