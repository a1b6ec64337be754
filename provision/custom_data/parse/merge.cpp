#include "provision/custom_data/parse/merge.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "provision/custom_data/parse/merge_rule.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {
namespace {

/// What becomes of a value that two parts have.
struct Fate {
  enum class Kind : std::uint8_t {
    kMerged,
    kReplaced,
    kKept,
    kRemoved,
    kByIndex,  ///< a list of which the first items are replaced
  };
  Kind kind = Kind::kMerged;
  // Of kByIndex:
  bool merged = false;      ///< items of some kinds are merged instead
  std::size_t common = 0;   ///< items that both lists have; the later ones count
  std::size_t kept = 0;     ///< further items of the earlier list
  std::size_t dropped = 0;  ///< further items of the later list
};
constexpr Fate kMerged = {.kind = Fate::Kind::kMerged};
constexpr Fate kReplaced = {.kind = Fate::Kind::kReplaced};
constexpr Fate kKept = {.kind = Fate::Kind::kKept};
constexpr Fate kRemoved = {.kind = Fate::Kind::kRemoved};

Fate merge_values(YamlNode& old, YamlNode now, const MergeRule& rule);

Fate replace(YamlNode& old, YamlNode now) {
  old = std::move(now);
  return kReplaced;
}

/// Merges an item of two lists at the same index.
void merge_items(YamlNode& old, YamlNode now, const MergeRule& rule) {
  const auto kind = now.kind;
  const bool recurse = (kind == YamlKind::kList && rule.list->recurse_list) ||
                       (kind == YamlKind::kText && rule.list->recurse_text) ||
                       (kind == YamlKind::kMap && rule.list->recurse_map);
  if (recurse)
    merge_values(old, std::move(now), rule);
  else
    old = std::move(now);
}

void move_to_end(std::vector<YamlNode>& from, std::vector<YamlNode>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

Fate merge_lists(YamlNode& old, YamlNode now, const MergeRule& rule) {
  using Method = MergeRule::List::Method;
  const auto method = rule.list->method;
  if (now.kind != YamlKind::kList)
    return method == Method::kReplace ? replace(old, std::move(now)) : kKept;
  switch (method) {
    case Method::kNoReplace:
      return kKept;
    case Method::kAppend:
      move_to_end(now.items, old.items);
      return kMerged;
    case Method::kPrepend:
      std::swap(now.items, old.items);
      move_to_end(now.items, old.items);
      return kMerged;
    case Method::kReplace:
      break;
  }
  const auto common = std::min(old.items.size(), now.items.size());
  const auto& list = *rule.list;
  const Fate fate = {.kind = Fate::Kind::kByIndex,
                     .merged = list.recurse_list || list.recurse_text || list.recurse_map,
                     .common = common,
                     .kept = old.items.size() - common,
                     .dropped = now.items.size() - common};
  for (std::size_t i = 0; i < common; ++i) merge_items(old.items[i], std::move(now.items[i]), rule);
  return fate;
}

Fate merge_texts(YamlNode& old, YamlNode now, const MergeRule& rule) {
  if (!rule.text->append) return replace(old, std::move(now));
  if (now.kind != YamlKind::kText) return kKept;
  std::string both;
  both.reserve(old.text.size() + now.text.size());
  both += old.text.reveal();
  both += now.text.reveal();
  old.text = Secret(std::move(both));
  return kMerged;
}

/// Merges the values of a key that two maps have. Leaves the name of `now`.
Fate merge_members(YamlMember& old, YamlMember& now, const MergeRule& rule) {
  const auto kind = now.value.kind;
  if (kind == YamlKind::kNull && rule.map->allow_delete) return kRemoved;
  auto fate = kKept;
  if (rule.map->replace)
    fate = replace(old.value, std::move(now.value));
  else if (kind == YamlKind::kMap || (kind == YamlKind::kList && rule.map->recurse_list) ||
           (kind == YamlKind::kText && rule.map->recurse_text))
    fate = merge_values(old.value, std::move(now.value), rule);
  if (fate.kind == Fate::Kind::kReplaced) {
    old.line = now.line;
    old.column = now.column;
    old.part = now.part;
  }
  return fate;
}

bool is_same_value(const YamlNode& one, const YamlNode& other);
void report(MergedConfig& merged, const YamlMember& now, const Place& earlier, const Fate& fate);

/// Merges two maps. `merged` is the result if `old` is its root, and nullptr if not: then a remark
/// names each key of which a value is lost.
void merge_maps(YamlNode& old, YamlNode now, const MergeRule& rule, MergedConfig* merged) {
  auto& members = old.members;
  members.reserve(members.size() + now.members.size());  // names stay where the index has them
  std::unordered_map<std::string_view, YamlMember*> index;
  for (auto& member : members) index.emplace(member.name, &member);
  std::unordered_set<const YamlMember*> removed;
  for (auto& member : now.members) {
    const auto found = index.find(member.name);
    if (found == index.end()) {
      members.push_back(std::move(member));
      continue;
    }
    auto& same = *found->second;
    const bool told = merged != nullptr && !is_same_value(same.value, member.value);
    const auto earlier = told ? find_place(*merged, same) : Place{};
    const auto fate = merge_members(same, member, rule);
    if (fate.kind == Fate::Kind::kRemoved) removed.insert(&same);
    if (told) report(*merged, member, earlier, fate);
  }
  if (!removed.empty())
    std::erase_if(members, [&](const YamlMember& member) { return removed.contains(&member); });
}

/// Merges two values by the merger for the kind of the earlier one, if the rule has one.
Fate merge_values(YamlNode& old, YamlNode now, const MergeRule& rule) {
  if (old.kind == YamlKind::kList && rule.list) return merge_lists(old, std::move(now), rule);
  if (old.kind == YamlKind::kText && rule.text) return merge_texts(old, std::move(now), rule);
  if (old.kind != YamlKind::kMap || !rule.map || now.kind != YamlKind::kMap) return kKept;
  merge_maps(old, std::move(now), rule, nullptr);
  return kMerged;
}

/// Whether two values mean the same; how they are written does not count.
bool is_same_value(const YamlNode& one, const YamlNode& other) {
  if (one.kind != other.kind) return false;
  switch (one.kind) {
    case YamlKind::kNull:
      return true;
    case YamlKind::kBool:
      return one.boolean == other.boolean;
    case YamlKind::kInt:
      return one.integer == other.integer;
    case YamlKind::kFloat:
      return one.text.reveal() == other.text.reveal();
    case YamlKind::kText:
      return one.text.reveal() == other.text.reveal();
    case YamlKind::kList:
      return std::ranges::equal(one.items, other.items, is_same_value);
    case YamlKind::kMap:
      break;
  }
  return std::ranges::equal(one.members, other.members,
                            [](const YamlMember& a, const YamlMember& b) {
                              return a.name == b.name && is_same_value(a.value, b.value);
                            });
}

constexpr std::string_view kKeepBoth =
    "to keep the items of both, write 'merge_how: list(append)+dict(recurse_array)+str()' in this "
    "part";
constexpr std::string_view kReplaceAll =
    "to replace the value, write 'merge_how: dict(replace)+list()+str()' in this part";

/// "the first 2 of 3 items".
std::string describe_first(const Fate& fate) {
  if (fate.common == 0) return "none of the items";
  if (fate.kept == 0)
    return fate.common == 1 ? "the only item" : "all " + describe_count(fate.common, "item");
  return "the first " + (fate.common == 1 ? "" : std::to_string(fate.common) + " ") + "of " +
         describe_count(fate.common + fate.kept, "item");
}

/// What becomes of two lists of which the first items are replaced.
std::string describe_by_index(std::string_view name, std::string_view where, const Fate& fate) {
  auto text = std::string(name) + (fate.merged ? " is merged into " : " replaces ") +
              describe_first(fate) + " that " + std::string(where);
  if (fate.kept > 0)
    text += "; " + describe_count(fate.kept, "item") + (fate.kept == 1 ? " stays" : " stay");
  if (fate.dropped > 0)
    text += "; " + describe_count(fate.dropped, "item") + " of this part " +
            (fate.dropped == 1 ? "is" : "are") + " dropped, because there the list is shorter";
  return text;
}

/// Adds a remark if the value of one of the parts is lost, or a part of it.
void report(MergedConfig& merged, const YamlMember& now, const Place& earlier, const Fate& fate) {
  const auto where =
      "part '" + printable(earlier.part) + "' has in line " + std::to_string(earlier.line);
  const auto name = quote_name(now.name, "the value here");
  const auto add = [&](std::string rule, std::string text, std::string_view advice) {
    merged.remarks.push_back({.level = RemarkLevel::kWarning,
                              .rule = std::move(rule),
                              .place = find_place(merged, now),
                              .text = std::move(text),
                              .advice = std::string(advice)});
  };
  switch (fate.kind) {
    case Fate::Kind::kReplaced:
      return add("replaced-by-part", name + " replaces the value that " + where, kKeepBoth);
    case Fate::Kind::kKept:
      return add("kept-from-part", name + " is ignored: the value that " + where + " stays",
                 kReplaceAll);
    case Fate::Kind::kByIndex:
      return add("replaced-by-part", describe_by_index(name, where, fate), kKeepBoth);
    case Fate::Kind::kMerged:
    case Fate::Kind::kRemoved:
      return;
  }
}

struct Size {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
};

void add_size(const YamlNode& node, Size& size) {
  ++size.nodes;
  size.bytes += node.text.size();
  for (const auto& item : node.items) add_size(item, size);
  for (const auto& member : node.members) {
    ++size.nodes;
    size.bytes += member.name.size();
    add_size(member.value, size);
  }
}

void leave_out(MergedConfig& merged, RemarkLevel level, std::string rule, std::string text,
               std::string advice = {}) {
  merged.remarks.push_back({.level = level,
                            .rule = std::move(rule),
                            .place = {.part = merged.parts.back()},
                            .text = std::move(text),
                            .advice = std::move(advice)});
}

/// Whether a root can be merged at all. Adds a remark if not.
bool is_mergeable(MergedConfig& merged, const YamlNode& root) {
  if (root.kind == YamlKind::kNull) {
    leave_out(merged, RemarkLevel::kWarning, "empty-part", "the part has no keys");
    return false;
  }
  if (root.kind != YamlKind::kMap) {
    leave_out(merged, RemarkLevel::kError, "not-a-map",
              "a cloud-config is a map of keys, but this is " + std::string(to_string(root.kind)),
              "write 'key: value' lines; start a script with '#!'");
    return false;
  }
  Size size;
  add_size(merged.root, size);
  add_size(root, size);
  if (size.nodes <= kYamlNodes && size.bytes <= kYamlSize) return true;
  leave_out(merged, RemarkLevel::kError, "too-large",
            "together with the parts before, the part has more than 100,000 values or 8 MiB");
  return false;
}

/// The rule of a part: its document's, completed by its header's, or the default one. Returns
/// nullopt, with a remark, if the part cannot be merged.
std::optional<MergeRule> find_rule(MergedConfig& merged, std::string_view merge_type,
                                   YamlNode& root) {
  const auto& name = merged.parts.back();
  auto rule = take_merge_rule(root, name, merged.remarks);
  const auto header = parse_merge_rule(merge_type, {.part = name}, merged.remarks);
  if (!rule || !header) return std::nullopt;
  complete_merge_rule(*rule, *header);
  if (!rule->map && !rule->list && !rule->text) return default_merge_rule();
  if (rule->map) return rule;
  leave_out(merged, RemarkLevel::kError, "merge-rule",
            "the merge rule has no 'dict()', so that the part is left out",
            "add '+dict(recurse_array)' to the rule");
  return std::nullopt;
}

}  // namespace

void merge_part(MergedConfig& merged, std::string name, std::string_view merge_type,
                YamlDocument document) {
  merged.parts.push_back(std::move(name));
  for (auto& remark : document.remarks) {
    remark.place.part = merged.parts.back();
    merged.remarks.push_back(std::move(remark));
  }
  auto& root = document.root;
  if (!is_mergeable(merged, root)) return;
  set_part(root, static_cast<std::uint16_t>(merged.parts.size() - 1));
  const auto rule = find_rule(merged, merge_type, root);
  if (rule) merge_maps(merged.root, std::move(root), *rule, &merged);
}

Place find_place(const MergedConfig& merged, const YamlNode& node) {
  return {.part = node.part < merged.parts.size() ? merged.parts[node.part] : "",
          .line = node.line,
          .column = node.column};
}

Place find_place(const MergedConfig& merged, const YamlMember& member) {
  return {.part = member.part < merged.parts.size() ? merged.parts[member.part] : "",
          .line = member.line,
          .column = member.column};
}

}  // namespace azl::provision::custom_data
