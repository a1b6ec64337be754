// A YAML document as a tree with bounds, with scalars as YAML 1.1 has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "provision/custom_data/parse/line_map.h"
#include "provision/custom_data/parse/remark.h"
#include "provision/custom_data/parse/yaml_failure.h"

namespace azl::provision::custom_data {

enum class YamlKind : std::uint8_t { kNull, kBool, kInt, kFloat, kText, kList, kMap };

/// The word for a kind in messages: "a list", "text", "a number".
[[nodiscard]] std::string_view to_string(YamlKind kind);

/// A key and its value. A template, because a value contains members before its type is complete.
template <class Node>
struct YamlMemberOf {
  std::string name;  ///< keys that are no text are written as YAML writes them, such as "1"
  int line = 0;      ///< of the key
  int column = 0;
  std::uint16_t part = 0;  ///< of the key
  Node value = {};
};

/// A value. Movable only, because its text may be a secret.
struct YamlNode {
  YamlKind kind = YamlKind::kNull;
  bool boolean = false;      ///< of kBool
  bool plain = false;        ///< a scalar without quotes and without a tag
  bool exclaimed = false;    ///< its tag is "!" alone, which is no part of the text
  bool date = false;         ///< of kText: PyYAML makes a date or a time of it
  std::uint16_t part = 0;    ///< an index of MergedConfig::parts; 0 before the merge
  std::int64_t integer = 0;  ///< of kInt; values beyond 64 bits are kText
  double number = 0;         ///< of kFloat
  /// Of a scalar: kText decoded (`!!binary` too), the others as they are written. Empty for a null
  /// that is not written.
  Secret text = {};
  std::vector<YamlNode> items = {};  ///< of kList
  /// Of kMap: each name once, in the document's order.
  std::vector<YamlMemberOf<YamlNode>> members = {};
  int line = 0;    ///< from 1; an alias has the place of its anchor
  int column = 0;  ///< from 1, in bytes

  [[nodiscard]] YamlNode clone() const;
  /// The member with this name. Returns nullptr if there is none, or this is no map.
  [[nodiscard]] const YamlNode* find(std::string_view name) const;
};

using YamlMember = YamlMemberOf<YamlNode>;

/// Sets `part` of a value and of all below it.
void set_part(YamlNode& node, std::uint16_t part);

/// The word for what PyYAML makes of a value: that of its kind, or "a date".
[[nodiscard]] std::string_view describe_kind(const YamlNode& node);

struct YamlDocument {
  YamlNode root;
  /// Duplicate keys ("duplicate-key"), and what PyYAML refuses although its meaning is clear
  /// ("yaml-refused"). The places have no part.
  Remarks remarks;
};

/// Parses the only document of any bytes; a text without a value is null. JSON is YAML. Scalars
/// become what PyYAML's safe loader makes of them, except that dates stay text: yes, no, on and off
/// are booleans, 0644 is octal, 1:30 is sexagesimal. `<<` merges maps; in quotes it is a key.
/// `!!binary` is decoded. Of members with the same name the last one counts, with a remark. Fails
/// beyond the bounds of yaml_failure.h, and where PyYAML's safe loader fails: more than one
/// document, unknown tags, a list or a map as a key, a second anchor of the same name, an alias
/// inside of its own value. Also fails for `!!set`, `!!omap` and `!!pairs`, of which PyYAML makes
/// Python objects that no key of cloud-config takes. Two things that PyYAML refuses give a remark
/// only: a tab outside of quotes, block scalars and comments, and a value that it cannot make of a
/// scalar (yaml_scalar.h). All lines are those that `lines` gives.
[[nodiscard]] std::expected<YamlDocument, YamlFailure> parse_yaml(std::string_view text,
                                                                  const LineMap& lines = {});

}  // namespace azl::provision::custom_data
