#include "provision/custom_data/parse/jinja_value.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/closest.h"
#include "base/text.h"

namespace azl::provision::custom_data {

namespace {

using Json = nlohmann::json;

/// cloud-init's text for what is undefined; users search for it.
constexpr std::string_view kMissing = "CI_MISSING_JINJA_VAR/";

bool must_be_escaped(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Appends text as Python's repr() writes it. Characters beyond ASCII stay as they are.
void append_repr(std::string_view text, std::string& out) {
  const bool single = text.find('\'') == std::string_view::npos;
  const char quote = single || text.find('"') != std::string_view::npos ? '\'' : '"';
  out += quote;
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (must_be_escaped(c)) {
      std::array<char, 5> escape{};
      (void)std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(c));
      out += escape.data();
    } else
      out += c;
  }
  out += quote;
}

void append_python(const Json& value, std::string& out);

void append_container(const Json& value, std::string& out) {
  out += value.is_array() ? '[' : '{';
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += ", ";
    first = false;
    if (value.is_object()) {
      append_repr(item.key(), out);
      out += ": ";
    }
    append_python(item.value(), out);
  }
  out += value.is_array() ? ']' : '}';
}

/// Appends what Python's repr() makes of the value that json.loads() makes of JSON.
void append_python(const Json& value, std::string& out) {
  if (const auto* text = value.get_ptr<const std::string*>())
    append_repr(*text, out);
  else if (value.is_structured())
    append_container(value, out);
  else if (value.is_boolean())
    out += value.get<bool>() ? "True" : "False";
  else if (value.is_null())
    out += "None";
  else
    out += value.dump();
}

/// The length of the character at the start of `text`, which is not empty. An invalid byte is one.
std::size_t character_length(std::string_view text) {
  return std::max<std::size_t>(utf8_length(text), 1);
}

/// Turns an index that counts from the end. Returns nullopt if there is nothing at the index.
std::optional<std::size_t> to_position(std::int64_t index, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  if (index >= count || index < -count) return std::nullopt;
  return static_cast<std::size_t>(index < 0 ? index + count : index);
}

}  // namespace

bool JinjaContext::work(std::size_t bytes) {
  exhausted = exhausted || bytes > work_left;
  work_left = exhausted ? 0 : work_left - bytes;
  return !exhausted;
}

const std::string* JinjaValue::text() const {
  return undefined ? nullptr : get().get_ptr<const std::string*>();
}

JinjaValue owned(Json value) {
  JinjaValue result;
  result.own = std::move(value);
  return result;
}

JinjaValue of_tree(const Json& value) {
  JinjaValue result;
  result.tree = &value;
  return result;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(character_length(text));
  return count;
}

bool is_true(const JinjaValue& value) {
  if (value.undefined) return false;
  const Json& json = value.get();
  if (const auto* text = value.text()) return !text->empty();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return json.get<double>() != 0;
  return !json.empty();  // null is empty
}

std::string find_meant(const JinjaValue& value) {
  // Each comparison takes time.
  constexpr std::size_t kMostMembers = 128;
  if (value.parent == nullptr || value.parent->size() > kMostMembers) return {};
  std::vector<std::string_view> names;
  for (const auto& member : value.parent->items()) names.emplace_back(member.key());
  return std::string(find_closest(value.name, names));
}

void record_undefined(const JinjaValue& value, JinjaContext& context, std::string placeholder) {
  if (context.undefined_left == 0) {
    context.undefined_lost = true;
    return;
  }
  --context.undefined_left;
  context.undefined.push_back(
      {value.offset, value.path, find_meant(value), std::move(placeholder)});
}

std::string to_text(const JinjaValue& value, JinjaContext& context) {
  std::string result;
  if (value.undefined) {
    result = std::string(kMissing) + value.name;
    record_undefined(value, context, result);
  } else if (const auto* text = value.text()) {
    result = *text;
  } else {
    append_python(value.get(), result);
  }
  context.work(result.size());
  return result;
}

std::optional<JinjaValue> find_item(const JinjaValue& value, std::int64_t index,
                                    JinjaContext& context) {
  const Json& json = value.get();
  if (json.is_array()) {
    const auto position = to_position(index, json.size());
    if (!position) return std::nullopt;
    if (value.tree == nullptr) return owned(json[*position]);
    return of_tree(json[*position]);
  }
  const auto* text = value.text();
  if (text == nullptr || !context.work(kCharacterWork * text->size())) return std::nullopt;
  const auto position = to_position(index, count_characters(*text));
  if (!position) return std::nullopt;
  std::string_view rest = *text;
  for (std::size_t i = 0; i < *position; ++i) rest.remove_prefix(character_length(rest));
  return owned(std::string(rest.substr(0, character_length(rest))));
}

}  // namespace azl::provision::custom_data
