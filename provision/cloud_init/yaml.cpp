#include "provision/cloud_init/yaml.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace azl::provision::cloud_init {
namespace {

using nlohmann::json;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether YAML 1.1 takes a text that starts with a letter for a boolean or for null.
bool is_word_of_yaml(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {"y",  "n",   "yes",  "no",   "true",
                                                      "on", "off", "null", "false"};
  return std::ranges::find(kWords, lower(text)) != kWords.end();
}

/// Whether a text means itself without quotes. It starts with a letter, so it is no number, no
/// date and no sign of YAML.
bool is_plain(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || text.back() == ' ' || text.back() == ':')
    return false;
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return printable && !text.contains(": ") && !text.contains(" #") && !is_word_of_yaml(text);
}

/// A text in single quotes if it is ASCII and one line, else as JSON, which YAML reads too.
std::string quote(const std::string& text) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable) return json(text).dump(-1, ' ', true, json::error_handler_t::replace);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

std::string write_scalar(const json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return value.dump();  // also [] and {}
  return is_plain(*text) ? *text : quote(*text);
}

std::string write_object(const json& object, std::size_t depth);

std::string write_member(const json& value, std::size_t depth) {
  if (value.is_object() && !value.empty()) return "\n" + write_object(value, depth + 1);
  if (!value.is_array() || value.empty()) return " " + write_scalar(value) + "\n";
  std::string lines = "\n";
  for (const auto& each : value)
    lines += std::string(4 * depth, ' ') + "- " + write_scalar(each) + "\n";
  return lines;
}

std::string write_object(const json& object, std::size_t depth) {
  std::string lines;
  for (const auto& [key, value] : object.items())
    lines += std::string(4 * depth, ' ') + write_scalar(key) + ":" + write_member(value, depth);
  return lines;
}

}  // namespace

std::string to_yaml(const json& object) { return write_object(object, 0); }

}  // namespace azl::provision::cloud_init
