#include "provision/custom_data/parse/yaml_tree.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <unordered_map>
#include <utility>

#include "provision/custom_data/parse/shown_name.h"
#include "provision/custom_data/parse/yaml_event_value.h"
#include "provision/custom_data/parse/yaml_events.h"
#include "provision/custom_data/parse/yaml_scalar.h"
#include "provision/custom_data/parse/yaml_tab.h"
#include "provision/custom_data/parse/yaml_text.h"

namespace azl::provision::custom_data {
namespace {

template <class T>
using OrFailure = std::expected<T, YamlFailure>;

/// The members of a map while they are collected.
class Members {
 public:
  /// `most` is the largest number of members. The index refers to their names, so they stay put.
  explicit Members(std::size_t most) { list_.reserve(most); }

  /// Adds a member that `<<` merges. Of the same name the last one counts.
  void merge(YamlMember member) { add(std::move(member), 0); }

  /// Adds a member that the map itself has. Returns the line of an earlier one of the same name, or
  /// 0 if there is none; the last one counts.
  int set(YamlMember member) {
    const auto line = member.line;
    return add(std::move(member), line);
  }

  std::vector<YamlMember> take() { return std::move(list_); }

 private:
  struct Known {
    std::size_t at;
    int line;  ///< of the first one that is not merged; 0: there is none
  };

  int add(YamlMember member, int line) {
    const auto known = index_.find(member.name);
    if (known == index_.end()) {
      list_.push_back(std::move(member));
      index_.emplace(list_.back().name, Known{.at = list_.size() - 1, .line = line});
      return 0;
    }
    auto& old = list_[known->second.at];
    old.line = member.line;
    old.column = member.column;
    old.value = std::move(member.value);
    return std::exchange(known->second.line, known->second.line == 0 ? line : known->second.line);
  }

  std::vector<YamlMember> list_;
  std::unordered_map<std::string_view, Known> index_;
};

/// Makes a tree of events. The recursion is as deep as the events, which are bounded.
class Builder {
 public:
  explicit Builder(const YamlEvents& events) : events_(events) {}

  OrFailure<YamlNode> build(std::size_t at);
  Remarks take_remarks() { return std::move(remarks_); }

 private:
  using Sources = std::vector<YamlNode>;

  OrFailure<YamlNode> build_list(std::size_t at);
  OrFailure<YamlNode> build_map(std::size_t at);
  OrFailure<std::string> read_key(std::size_t at) const;
  OrFailure<void> read_merge(std::size_t at, Sources& sources);
  [[nodiscard]] bool is_merge(std::size_t key) const;
  void report_duplicate(const YamlEvent& key, std::string_view name, int first);
  void report_refused(const YamlEvent& event);

  const YamlEvents& events_;
  Remarks remarks_;
  int aliases_ = 0;  ///< how many aliases are being replaced: what is in them was reported before
};

OrFailure<YamlNode> Builder::build(std::size_t at) {
  const auto& event = events_[at];
  switch (event.kind) {
    case YamlEvent::Kind::kScalar:
      report_refused(event);
      return make_yaml_scalar(event);
    case YamlEvent::Kind::kList:
      return build_list(at);
    case YamlEvent::Kind::kMap:
      return build_map(at);
    case YamlEvent::Kind::kAlias:
      break;
  }
  ++aliases_;
  auto node = build(event.target);
  --aliases_;
  return node;
}

OrFailure<YamlNode> Builder::build_list(std::size_t at) {
  const auto& event = events_[at];
  YamlNode node{.kind = YamlKind::kList,
                .exclaimed = event.exclaimed,
                .line = event.line,
                .column = event.column};
  for (auto item = at + 1; item < event.next; item = events_[item].next) {
    auto value = build(item);
    if (!value) return value;
    node.items.push_back(std::move(*value));
  }
  return node;
}

/// Whether a key is `<<`. In quotes it is a name, as PyYAML has it.
bool Builder::is_merge(std::size_t key) const {
  const auto& event = events_[key];
  if (event.kind == YamlEvent::Kind::kAlias) return is_merge(event.target);
  return event.tag == YamlTag::kMerge ||
         (event.kind == YamlEvent::Kind::kScalar && event.tag == YamlTag::kPlain &&
          event.text.reveal() == "<<");
}

OrFailure<std::string> Builder::read_key(std::size_t at) const {
  const auto& event = events_[at];
  if (event.kind == YamlEvent::Kind::kAlias) return read_key(event.target);
  if (event.kind == YamlEvent::Kind::kScalar) return std::string(event.text.reveal());
  return refuse_event(event, "a list or a map cannot be a key");
}

/// Adds the maps that a `<<` names, in the order in which they are to be merged: PyYAML lets the
/// earlier one of a list win.
OrFailure<void> Builder::read_merge(std::size_t at, Sources& sources) {
  auto value = build(at);
  if (!value) return std::unexpected(std::move(value.error()));
  const auto is_map = [](const YamlNode& node) { return node.kind == YamlKind::kMap; };
  if (is_map(*value))
    sources.push_back(std::move(*value));
  else if (value->kind == YamlKind::kList && std::ranges::all_of(value->items, is_map))
    std::ranges::move(value->items | std::views::reverse, std::back_inserter(sources));
  else
    return refuse_event(events_[at], "the value of '<<' is neither a map nor a list of maps",
                        "write the alias of a map, such as '<<: *defaults'");
  return {};
}

std::string describe_key(std::string_view name) {
  const auto shown = quote_name(name, "");
  return shown.empty() ? "this key" : "the key " + shown;
}

void Builder::report_duplicate(const YamlEvent& key, std::string_view name, int first) {
  if (aliases_ > 0) return;
  remarks_.push_back({.level = RemarkLevel::kWarning,
                      .rule = "duplicate-key",
                      .place = {.line = key.line, .column = key.column},
                      .text = describe_key(name) + " is also in line " + std::to_string(first) +
                              "; only the last one counts",
                      .advice = "remove one of them, or make one of both"});
}

void Builder::report_refused(const YamlEvent& event) {
  if (aliases_ > 0 || event.tag != YamlTag::kPlain ||
      !resolve_plain_scalar(event.text.reveal()).refused)
    return;
  remarks_.push_back({.level = RemarkLevel::kWarning,
                      .rule = "yaml-refused",
                      .place = {.line = event.line, .column = event.column},
                      .text = "cloud-init leaves the whole part out because of this value, which "
                              "its YAML reader refuses without quotes; here it is text",
                      .advice = "quote it"});
}

/// Reports the first tab that PyYAML refuses.
void report_tab(std::string_view text, const YamlEvents& events, Remarks& remarks) {
  const auto at = find_refused_tab(text, events);
  if (!at) return;
  const auto place = find_place(text, *at);
  remarks.push_back({.level = RemarkLevel::kWarning,
                     .rule = "yaml-refused",
                     .place = {.line = place.line, .column = place.column},
                     .text = "cloud-init leaves the whole part out because of this tab, which its "
                             "YAML reader accepts only in quotes and in block texts",
                     .advice = "write spaces, or quote the text that has the tab"});
}

OrFailure<YamlNode> Builder::build_map(std::size_t at) {
  const auto& event = events_[at];
  Sources sources;
  std::vector<std::size_t> keys;
  for (auto key = at + 1; key < event.next; key = events_[events_[key].next].next) {
    if (!is_merge(key))
      keys.push_back(key);
    else if (auto merged = read_merge(events_[key].next, sources); !merged)
      return std::unexpected(std::move(merged.error()));
  }
  auto most = keys.size();
  for (const auto& source : sources) most += source.members.size();
  Members members(most);
  for (auto& source : sources)
    for (auto& member : source.members) members.merge(std::move(member));
  for (const auto key : keys) {
    auto name = read_key(key);
    if (!name) return std::unexpected(std::move(name.error()));
    auto value = build(events_[key].next);
    if (!value) return value;
    const auto& place = events_[key];
    const auto first = members.set(
        {.name = *name, .line = place.line, .column = place.column, .value = std::move(*value)});
    if (first > 0) report_duplicate(place, *name, first);
  }
  return YamlNode{.kind = YamlKind::kMap,
                  .members = members.take(),
                  .line = event.line,
                  .column = event.column};
}

/// A failure whose lines are those of the text.
std::unexpected<YamlFailure> refuse(YamlFailure failure, const LineMap& lines) {
  failure.line = lines.find(failure.line);
  failure.opening = lines.find(failure.opening);
  if (failure.opening > 0)
    failure.advice = "the quote that opens in line " + std::to_string(failure.opening) +
                     " ends here: close it where its text ends";
  return std::unexpected(std::move(failure));
}

}  // namespace

void set_part(YamlNode& node, std::uint16_t part) {
  node.part = part;
  for (auto& item : node.items) set_part(item, part);
  for (auto& member : node.members) {
    member.part = part;
    set_part(member.value, part);
  }
}

std::string_view to_string(YamlKind kind) {
  switch (kind) {
    case YamlKind::kNull:
      return "null";
    case YamlKind::kBool:
      return "true or false";
    case YamlKind::kInt:
    case YamlKind::kFloat:
      return "a number";
    case YamlKind::kText:
      return "text";
    case YamlKind::kList:
      return "a list";
    case YamlKind::kMap:
      return "a map";
  }
  return "";
}

std::string_view describe_kind(const YamlNode& node) {
  return node.date ? "a date" : to_string(node.kind);
}

YamlNode YamlNode::clone() const {
  YamlNode copy{.kind = kind,
                .boolean = boolean,
                .plain = plain,
                .exclaimed = exclaimed,
                .date = date,
                .part = part,
                .integer = integer,
                .number = number,
                .text = text.clone(),
                .line = line,
                .column = column};
  copy.items.reserve(items.size());
  for (const auto& item : items) copy.items.push_back(item.clone());
  copy.members.reserve(members.size());
  for (const auto& member : members)
    copy.members.push_back({.name = member.name,
                            .line = member.line,
                            .column = member.column,
                            .part = member.part,
                            .value = member.value.clone()});
  return copy;
}

const YamlNode* YamlNode::find(std::string_view name) const {
  const auto found = std::ranges::find(members, name, &YamlMember::name);
  return found == members.end() ? nullptr : &found->value;
}

std::expected<YamlDocument, YamlFailure> parse_yaml(std::string_view text, const LineMap& lines) {
  if (text.size() > kYamlSize)
    return std::unexpected(YamlFailure{.text = "the text is larger than 8 MiB"});
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  // All of them, because yaml-cpp skips one too, without counting it.
  while (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Secret copy;
  if (text.contains('\r')) {
    copy = with_line_feeds(text);
    text = copy.reveal();
  }
  if (auto failure = find_bad_character(text)) return refuse(std::move(*failure), lines);
  if (auto failure = find_bad_directive(text)) return refuse(std::move(*failure), lines);
  auto events = read_yaml_events(text);
  if (!events) return refuse(std::move(events.error()), lines);
  for (auto& event : *events) event.line = lines.find(event.line);
  Builder builder(*events);
  auto root = builder.build(0);
  if (!root) return std::unexpected(std::move(root.error()));
  YamlDocument document{.root = std::move(*root), .remarks = builder.take_remarks()};
  report_tab(text, *events, document.remarks);
  return document;
}

}  // namespace azl::provision::custom_data
