// How one cloud-config changes an earlier one: the rules of cloud-init's mergers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "provision/custom_data/parse/remark.h"
#include "provision/custom_data/parse/yaml_tree.h"

namespace azl::provision::custom_data {

/// A rule such as "list(append)+dict(recurse_array)+str()". It has at most one merger for each
/// kind of the earlier value; a value of a kind without a merger stays as it is.
/// Source: cloud-init's "Merging cloud-config" and its mergers m_dict, m_list and m_str.
struct MergeRule {
  struct Map {
    bool replace = false;       ///< equal keys: the later value counts; else the earlier one
    bool allow_delete = false;  ///< a null in the later map removes the key
    // If nothing is replaced, later values of these kinds are merged. Maps always are.
    bool recurse_list = false;
    bool recurse_text = false;
  };
  struct List {
    /// kReplace: the later items replace those at the same index. Items beyond the end of the
    /// earlier list are dropped.
    enum class Method : std::uint8_t { kReplace, kNoReplace, kAppend, kPrepend };
    Method method = Method::kReplace;
    // With kReplace, later items of these kinds are merged instead.
    bool recurse_list = false;
    bool recurse_text = false;
    bool recurse_map = false;
  };
  struct Text {
    bool append = false;  ///< else the later text replaces the earlier one
  };
  std::optional<Map> map = {};
  std::optional<List> list = {};
  std::optional<Text> text = {};
};

/// The rule of a part that names none: dict(replace)+list()+str().
[[nodiscard]] MergeRule default_merge_rule();

/// Parses the text form, for example of a Merge-Type header. Case and white space around names do
/// not count; of two mergers for the same kind the first one counts. Returns nullopt, with an error
/// "merge-rule" at the place, if the text has another form or names an unknown merger: cloud-init
/// would leave the whole part out. An unknown option is left out, also with a remark. An empty text
/// is a rule without mergers.
[[nodiscard]] std::optional<MergeRule> parse_merge_rule(std::string_view text, const Place& place,
                                                        Remarks& remarks);

/// Removes the members merge_how and merge_type from a document, and returns their rule; merge_how
/// counts if it is not null. Forms: text, a list of texts, a list of {name, settings}, and a list
/// of [name, option...]. Returns a rule without mergers if there is none, and nullopt, with a
/// remark, if it is wrong: cloud-init would leave the whole part out.
[[nodiscard]] std::optional<MergeRule> take_merge_rule(YamlNode& root, std::string_view part,
                                                       Remarks& remarks);

/// Adds the mergers of `other` for the kinds that have none in `rule`.
void complete_merge_rule(MergeRule& rule, const MergeRule& other);

}  // namespace azl::provision::custom_data
