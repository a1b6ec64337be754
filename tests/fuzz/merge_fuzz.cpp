// Two cloud-config documents and a merge rule of any bytes: the rule is the first line, and a line
// "=====" separates the documents. The result keeps the bounds of one document; the default rule
// and the one for appending do what they promise to each key.
#include <algorithm>
#include <string>
#include <string_view>

#include "provision/custom_data/parse/merge.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/yaml_checks.h"
#include "tests/unit/provision/custom_data/parse/yaml_json.h"

using namespace azl::provision::custom_data;
using azl::fuzz::require;

namespace {

struct Input {
  std::string_view rule;
  std::string_view one;
  std::string_view other;
};

Input split(std::string_view text) {
  const auto cut = [&text](std::string_view separator) {
    const auto at = std::min(text.find(separator), text.size());
    const auto first = text.substr(0, at);
    text.remove_prefix(std::min(at + separator.size(), text.size()));
    return first;
  };
  Input input;
  input.rule = cut("\n");
  input.one = cut("=====\n");
  input.other = text;
  return input;
}

void check_parts(const YamlNode& node, std::size_t parts) {
  require(node.part < parts, "a value has a part");
  for (const auto& item : node.items) check_parts(item, parts);
  for (const auto& member : node.members) {
    require(member.part < parts, "a key has a part");
    check_parts(member.value, parts);
  }
}

MergedConfig merge(const YamlDocument& one, const YamlDocument& other, std::string_view rule) {
  MergedConfig merged;
  merge_part(merged, "one", "", {.root = one.root.clone(), .remarks = {}});
  merge_part(merged, "other", rule, {.root = other.root.clone(), .remarks = {}});
  azl::fuzz::check_tree(merged.root);
  check_parts(merged.root, 2);
  require(merged.root.kind == YamlKind::kMap, "the result is a map");
  for (const auto& remark : merged.remarks) {
    require(remark.place.part == "one" || remark.place.part == "other", "a remark has a part");
    require(remark.text.size() < 400, "a remark is short");
  }
  return merged;
}

/// Whether a document says itself how it is merged, or cannot be merged.
bool is_special(const YamlDocument& document) {
  return document.root.kind != YamlKind::kMap || document.root.find("merge_how") != nullptr ||
         document.root.find("merge_type") != nullptr;
}

/// A third part of many values may be too large.
bool is_small(const YamlDocument& document) {
  const auto size = azl::fuzz::size_of(document.root);
  return size.nodes < kYamlNodes / 4 && size.bytes < kYamlSize / 4;
}

void check_replace(const YamlDocument& one, const YamlDocument& other) {
  const auto merged = merge(one, other, "");
  for (const auto& member : merged.root.members) {
    const auto* later = other.root.find(member.name);
    const auto* earlier = one.root.find(member.name);
    require(later != nullptr || earlier != nullptr, "no key comes from nowhere");
    require(to_json(member.value) == to_json(later != nullptr ? *later : *earlier),
            "by default the later value counts");
  }
  for (const auto* document : {&one, &other})
    for (const auto& member : document->root.members)
      require(merged.root.find(member.name) != nullptr, "by default no key is lost");
  const auto again = merge(other, other, "");
  require(to_json(again.root) == to_json(other.root), "a document replaces itself");
  require(again.remarks.empty(), "a document that replaces itself loses nothing");
}

void check_append(const YamlDocument& one, const YamlDocument& other) {
  const auto merged = merge(one, other, "list(append)+dict(recurse_array)+str()");
  for (const auto& member : one.root.members) {
    const auto* value = merged.root.find(member.name);
    require(value != nullptr, "appending loses no key");
    if (member.value.kind == YamlKind::kMap || member.value.kind == YamlKind::kText) continue;
    if (member.value.kind != YamlKind::kList) {
      require(to_json(*value) == to_json(member.value), "the first scalar stays");
      continue;
    }
    const auto* later = other.root.find(member.name);
    const auto more = later != nullptr && later->kind == YamlKind::kList ? later->items.size() : 0;
    require(value->items.size() == member.value.items.size() + more, "lists are appended");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = split(azl::fuzz::text_of(data, size));
  const auto one = parse_yaml(input.one);
  const auto other = parse_yaml(input.other);
  if (!one || !other) return 0;
  (void)merge(*one, *other, input.rule);
  if (is_special(*one) || is_special(*other) || !is_small(*one) || !is_small(*other)) return 0;
  check_replace(*one, *other);
  check_append(*one, *other);
  return 0;
}
