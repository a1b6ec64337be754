// What holds for any tree of YAML values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>

#include "provision/custom_data/parse/yaml_tree.h"
#include "tests/fuzz/require.h"

namespace azl::fuzz {

struct TreeSize {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  std::size_t depth = 0;
};

inline TreeSize size_of(const provision::custom_data::YamlNode& node) {
  TreeSize size{.nodes = 1, .bytes = node.text.size(), .depth = 0};
  const auto add = [&size](const TreeSize& more) {
    size.nodes += more.nodes;
    size.bytes += more.bytes;
    size.depth = std::max(size.depth, more.depth);
  };
  for (const auto& item : node.items) add(size_of(item));
  for (const auto& member : node.members) {
    add({.nodes = 1, .bytes = member.name.size()});
    add(size_of(member.value));
  }
  ++size.depth;
  return size;
}

inline void check_names(const provision::custom_data::YamlNode& node) {
  using provision::custom_data::YamlKind;
  require(node.items.empty() || node.kind == YamlKind::kList, "only a list has items");
  require(node.members.empty() || node.kind == YamlKind::kMap, "only a map has members");
  for (const auto& item : node.items) check_names(item);
  std::set<std::string_view> names;
  for (const auto& member : node.members) {
    require(names.insert(member.name).second, "a map has each name once");
    check_names(member.value);
  }
}

/// Requires that a tree keeps the bounds, and that its maps have each name once.
inline void check_tree(const provision::custom_data::YamlNode& root) {
  using namespace provision::custom_data;
  const auto size = size_of(root);
  require(size.depth <= kYamlDepth, "a tree is at most 64 levels deep");
  require(size.nodes <= kYamlNodes, "a tree has at most 100,000 values");
  require(size.bytes <= kYamlSize, "a tree has at most 8 MiB");
  check_names(root);
}

}  // namespace azl::fuzz
