// Merging cloud-config documents, as cloud-init does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/parse/remark.h"
#include "provision/custom_data/parse/yaml_tree.h"

namespace azl::provision::custom_data {

/// What the cloud-config parts so far say together.
struct MergedConfig {
  YamlNode root = {.kind = YamlKind::kMap};
  std::vector<std::string> parts = {};  ///< names; YamlNode::part is an index of it
  Remarks remarks = {};
};

/// Merges the document of one more part into `merged`, by the part's own rule: merge_how or
/// merge_type in the document, completed by `merge_type`, the value of the part's Merge-Type
/// header; dict(replace)+list()+str() if neither says anything.
///
/// Adds the document's remarks, and those of the merge: "replaced-by-part" and "kept-from-part" for
/// each key at the top level of which one value is lost, "merge-rule", and "not-a-map",
/// "empty-part" or "too-large" for a part that is left out. Together the parts keep the bounds of
/// one document.
///
/// Where cloud-init would fail on a value, for example for text appended to a list, the earlier
/// value stays.
void merge_part(MergedConfig& merged, std::string name, std::string_view merge_type,
                YamlDocument document);

/// The place of a value or a key in its part.
[[nodiscard]] Place find_place(const MergedConfig& merged, const YamlNode& node);
[[nodiscard]] Place find_place(const MergedConfig& merged, const YamlMember& member);

}  // namespace azl::provision::custom_data
