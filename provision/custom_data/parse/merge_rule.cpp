#include "provision/custom_data/parse/merge_rule.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {
namespace {

/// A merger as it is written: a name and its options, in lower case.
struct Merger {
  std::string name;
  std::vector<std::string> options;
};

constexpr std::string_view kMap = "dict";
constexpr std::string_view kList = "list";
constexpr std::string_view kText = "str";

constexpr std::array<std::string_view, 7> kMapOptions = {
    "replace",       "no_replace",   "allow_delete", "recurse_str",
    "recurse_array", "recurse_list", "recurse_dict"};
constexpr std::array<std::string_view, 8> kListOptions = {
    "replace",     "no_replace",    "append",       "prepend",
    "recurse_str", "recurse_array", "recurse_list", "recurse_dict"};
constexpr std::array<std::string_view, 1> kTextOptions = {"append"};

constexpr std::string_view kAdvice = "write for example 'list(append)+dict(recurse_array)+str()'";

/// Where remarks go.
struct Log {
  const Place& place;
  Remarks& remarks;

  void add(RemarkLevel level, std::string text, std::string_view advice = {}) const {
    remarks.push_back({.level = level,
                       .rule = "merge-rule",
                       .place = place,
                       .text = std::move(text),
                       .advice = std::string(advice)});
  }
  /// Says why the part is left out.
  void refuse(const std::string& text) const {
    add(RemarkLevel::kError, text + ", so that the part is left out", kAdvice);
  }
};

/// cloud-init takes hyphens for underscores, and accepts the prefix of its modules' names.
std::string normalized(std::string_view name) {
  auto result = lower(trim(name));
  std::ranges::replace(result, '-', '_');
  if (result.starts_with("m_")) result.erase(0, 2);
  return result;
}

bool has(const Merger& merger, std::string_view option) {
  return std::ranges::find(merger.options, option) != merger.options.end();
}

bool has_recurse_list(const Merger& merger) {
  return has(merger, "recurse_array") || has(merger, "recurse_list");
}

MergeRule::Map make_map_rule(const Merger& merger) {
  return {.replace = has(merger, "replace"),
          .allow_delete = has(merger, "allow_delete"),
          .recurse_list = has_recurse_list(merger),
          .recurse_text = has(merger, "recurse_str")};
}

/// Of several methods cloud-init takes the first one in this order.
MergeRule::List::Method find_list_method(const Merger& merger) {
  using Method = MergeRule::List::Method;
  if (has(merger, "append")) return Method::kAppend;
  if (has(merger, "prepend")) return Method::kPrepend;
  if (has(merger, "replace")) return Method::kReplace;
  return has(merger, "no_replace") ? Method::kNoReplace : Method::kReplace;
}

MergeRule::List make_list_rule(const Merger& merger) {
  return {.method = find_list_method(merger),
          .recurse_list = has_recurse_list(merger),
          .recurse_text = has(merger, "recurse_str"),
          .recurse_map = has(merger, "recurse_dict")};
}

void check_options(const Merger& merger, std::span<const std::string_view> known, const Log& log) {
  for (const auto& option : merger.options)
    if (std::ranges::find(known, option) == known.end())
      log.add(RemarkLevel::kWarning, "the merger '" + merger.name + "' has no option " +
                                         quote_name(option, "like this one") +
                                         ", which is left out");
}

/// Adds a merger to a rule that has none of the kind yet. Returns false if its name is unknown.
bool add_merger(MergeRule& rule, const Merger& merger, const Log& log) {
  if (merger.name == kMap) {
    check_options(merger, kMapOptions, log);
    if (!rule.map) rule.map = make_map_rule(merger);
  } else if (merger.name == kList) {
    check_options(merger, kListOptions, log);
    if (!rule.list) rule.list = make_list_rule(merger);
  } else if (merger.name == kText) {
    check_options(merger, kTextOptions, log);
    if (!rule.text) rule.text = MergeRule::Text{.append = has(merger, "append")};
  } else {
    log.refuse("the merge rule names " + quote_name(merger.name, "a merger") +
               ", which is none of dict, list and str");
    return false;
  }
  return true;
}

/// Parses "name(option,option)".
std::optional<Merger> parse_merger(std::string_view text) {
  text = trim(text);
  const auto open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return {};
  if (text.substr(0, open).contains(' ')) return {};  // cloud-init's expression has none
  Merger merger{.name = normalized(text.substr(0, open)), .options = {}};
  for (const auto option : split(text.substr(open + 1, text.size() - open - 2), ','))
    if (auto name = normalized(option); !name.empty()) merger.options.push_back(std::move(name));
  return merger;
}

/// Adds the mergers of a text to a rule. Returns false, with a remark, if one is wrong.
bool add_mergers(MergeRule& rule, std::string_view text, const Log& log) {
  for (const auto part : split(text, '+')) {
    if (trim(part).empty()) continue;
    const auto merger = parse_merger(part);
    if (!merger) {
      log.refuse("the merge rule is not written as mergers with parentheses");
      return false;
    }
    if (!add_merger(rule, *merger, log)) return false;
  }
  return true;
}

bool is_text(const YamlNode& node) { return node.kind == YamlKind::kText; }

/// Adds option names: a text with commas, a list of texts, or the names of a map. Returns false for
/// anything else.
bool add_options(Merger& merger, const YamlNode& node) {
  if (is_text(node)) {
    for (const auto option : split(node.text.reveal(), ','))
      merger.options.push_back(normalized(option));
    return true;
  }
  for (const auto& member : node.members) merger.options.push_back(normalized(member.name));
  if (node.kind == YamlKind::kMap) return true;
  if (node.kind != YamlKind::kList || !std::ranges::all_of(node.items, is_text)) return false;
  for (const auto& item : node.items) merger.options.push_back(normalized(item.text.reveal()));
  return true;
}

/// Reads {name, settings} or [name, option...].
std::optional<Merger> read_merger(const YamlNode& node) {
  if (node.kind == YamlKind::kList && !node.items.empty() &&
      std::ranges::all_of(node.items, is_text)) {
    Merger merger{.name = normalized(node.items.front().text.reveal()), .options = {}};
    for (const auto& option : node.items | std::views::drop(1))
      merger.options.push_back(normalized(option.text.reveal()));
    return merger;
  }
  const auto* const name = node.find("name");
  const auto* const settings = node.find("settings");
  if (name == nullptr || !is_text(*name) || settings == nullptr) return {};
  Merger merger{.name = normalized(name->text.reveal()), .options = {}};
  if (!add_options(merger, *settings)) return {};
  return merger;
}

bool add_item(MergeRule& rule, const YamlNode& item, const Log& log) {
  if (is_text(item)) return add_mergers(rule, item.text.reveal(), log);
  if (const auto merger = read_merger(item)) return add_merger(rule, *merger, log);
  log.refuse("an item of the merge rule is neither text nor a map with 'name' and 'settings'");
  return false;
}

bool read_rule(MergeRule& rule, const YamlNode& node, const Log& log) {
  if (is_text(node)) return add_mergers(rule, node.text.reveal(), log);
  if (node.kind == YamlKind::kList)
    return std::ranges::all_of(node.items,
                               [&](const YamlNode& item) { return add_item(rule, item, log); });
  log.refuse("the merge rule is " + std::string(to_string(node.kind)) +
             ", and neither text nor a list");
  return false;
}

}  // namespace

MergeRule default_merge_rule() {
  return {
      .map = MergeRule::Map{.replace = true}, .list = MergeRule::List{}, .text = MergeRule::Text{}};
}

std::optional<MergeRule> parse_merge_rule(std::string_view text, const Place& place,
                                          Remarks& remarks) {
  MergeRule rule;
  if (!add_mergers(rule, text, {place, remarks})) return {};
  return rule;
}

std::optional<MergeRule> take_merge_rule(YamlNode& root, std::string_view part, Remarks& remarks) {
  MergeRule rule;
  bool usable = true;
  for (const std::string_view key : {"merge_how", "merge_type"}) {
    const auto* const node = root.find(key);
    if (node == nullptr || node->kind == YamlKind::kNull) continue;
    const Place place{.part = std::string(part), .line = node->line, .column = node->column};
    usable = read_rule(rule, *node, {place, remarks});
    break;
  }
  std::erase_if(root.members, [](const YamlMember& member) {
    return member.name == "merge_how" || member.name == "merge_type";
  });
  return usable ? std::optional(rule) : std::nullopt;
}

void complete_merge_rule(MergeRule& rule, const MergeRule& other) {
  if (!rule.map) rule.map = other.map;
  if (!rule.list) rule.list = other.list;
  if (!rule.text) rule.text = other.text;
}

}  // namespace azl::provision::custom_data
