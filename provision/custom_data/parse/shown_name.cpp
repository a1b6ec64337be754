#include "provision/custom_data/parse/shown_name.h"

#include <algorithm>
#include <cstddef>

namespace azl::provision::custom_data {
namespace {

constexpr std::size_t kLongest = 40;

bool looks_like_name(std::string_view text, std::string_view others) {
  const auto fits = [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  };
  return text.size() <= kLongest && std::all_of(text.begin(), text.end(), fits);
}

std::string quote(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

bool is_shown_name(std::string_view name) { return looks_like_name(name, "_-."); }

std::string quote_name(std::string_view name, std::string_view instead) {
  return is_shown_name(name) ? quote(name) : std::string(instead);
}

std::string quote_type(std::string_view type, std::string_view instead) {
  return looks_like_name(type, "_-.+/") ? quote(type) : std::string(instead);
}

}  // namespace azl::provision::custom_data
