// Writes YAML values as canonical JSON, so that tests can compare trees.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/text.h"
#include "provision/custom_data/parse/yaml_tree.h"

namespace azl::provision::custom_data {

/// A JSON string. Bytes that are not UTF-8 become \xNN, which JSON does not have.
inline std::string to_json(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto character = text.substr(0, length == 0 ? 1 : length);
    const auto byte = static_cast<unsigned char>(character.front());
    char escape[8];
    if (length == 0) {
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      json += escape;
    } else if (character == "\"" || character == "\\") {
      json += '\\';
      json += character;
    } else if (character == "\n") {
      json += "\\n";
    } else if ((length == 1 && (byte < 0x20 || byte == 0x7f)) ||
               (byte == 0xc2 && character < "\xc2\xa0")) {  // PyYAML refuses controls
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(character.back()));
      json += escape;
    } else if (character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf") {
      json += character.back() == '\xbe' ? "\\ufffe" : "\\uffff";
    } else {
      json += character;
    }
    text.remove_prefix(character.size());
  }
  return json + "\"";
}

/// A number with the dot that makes it a float in YAML 1.1; infinity and NaN as YAML has them.
inline std::string to_json(double number) {
  if (std::isnan(number)) return ".nan";
  if (std::isinf(number)) return number < 0 ? "-.inf" : ".inf";
  char digits[32];
  const auto* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  std::string json(static_cast<const char*>(digits), end);
  if (!json.contains('.')) json.insert(std::min(json.find('e'), json.size()), ".0");
  return json;
}

inline std::string to_json(const YamlNode& node) {
  const auto text = node.text.reveal();
  switch (node.kind) {
    case YamlKind::kNull:
      return "null";
    case YamlKind::kBool:
      return node.boolean ? "true" : "false";
    case YamlKind::kInt:
      return std::to_string(node.integer);
    case YamlKind::kFloat:
      return to_json(node.number);
    case YamlKind::kText:
      return to_json(text);
    case YamlKind::kList: {
      std::string json = "[";
      for (const auto& item : node.items) json += (json.size() > 1 ? "," : "") + to_json(item);
      return json + "]";
    }
    case YamlKind::kMap:
      break;
  }
  std::string json = "{";
  for (const auto& member : node.members)
    json += (json.size() > 1 ? "," : "") + to_json(std::string_view(member.name)) + ":" +
            to_json(member.value);
  return json + "}";
}

}  // namespace azl::provision::custom_data
