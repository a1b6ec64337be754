// YAML of any bytes. A tree keeps the bounds, has each name once, has places inside of the text,
// and means the same after it was written as JSON. A failure quotes nothing.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"
#include "provision/custom_data/parse/yaml_tree.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/yaml_checks.h"
#include "tests/unit/provision/custom_data/parse/yaml_json.h"

using namespace azl::provision::custom_data;
using azl::fuzz::require;

namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = azl::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Whether JSON can hold a tree, and YAML accepts it: the line of a key has a limit of 1,024.
bool is_writable(const YamlNode& node) {
  return is_utf8(node.text.reveal()) && std::ranges::all_of(node.items, is_writable) &&
         std::ranges::all_of(node.members, [](const YamlMember& member) {
           return is_utf8(member.name) && to_json(std::string_view(member.name)).size() < 1000 &&
                  is_writable(member.value);
         });
}

void check_places(const YamlNode& node, int lines) {
  const auto check = [lines](int line, int column) {
    require(line >= 1 && line <= lines && column >= 1, "a place is inside of the text");
  };
  check(node.line, node.column);
  for (const auto& item : node.items) check_places(item, lines);
  for (const auto& member : node.members) {
    check(member.line, member.column);
    check_places(member.value, lines);
  }
}

/// Lines end with LF, CR LF or CR.
int count_lines(std::string_view text) {
  int lines = 1;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n' ? at == 0 || text[at - 1] != '\r' : text[at] == '\r') ++lines;
  return lines;
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void check_failure(const YamlFailure& failure, int lines) {
  require(!failure.text.empty() && failure.text.size() < 200, "a failure says what is wrong");
  require(failure.line >= 0 && failure.line <= lines && failure.column >= 0,
          "a failure's place is inside of the text");
  require(is_printable_ascii(failure.text) && is_printable_ascii(failure.advice),
          "a failure quotes nothing of the text");
}

void check_json(const YamlNode& root) {
  if (!is_writable(root)) return;
  const auto json = to_json(root);
  if (json.size() > 65'536) return;  // aliases can make it long
  const auto again = parse_yaml(json);
  require(again.has_value(), "a tree that is written as JSON parses");
  require(to_json(again->root) == json, "a tree that is written as JSON means the same");
  require(again->remarks.empty(), "a tree that is written as JSON has no remarks");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = azl::fuzz::text_of(data, size);
  const auto lines = count_lines(text);
  const auto document = parse_yaml(text);
  if (!document) {
    check_failure(document.error(), lines);
    return 0;
  }
  azl::fuzz::check_tree(document->root);
  check_places(document->root, lines);
  for (const auto& remark : document->remarks) {
    require(remark.place.line >= 1 && remark.place.line <= lines, "a remark's place is inside");
    require(remark.text.size() < 300, "a remark is short");
  }
  require(to_json(document->root.clone()) == to_json(document->root), "a copy is equal");
  check_json(document->root);
  return 0;
}
