#include "provision/custom_data/plan/groups.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/accounts/user_name.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kNameAdvice =
    "begin it with a letter or '_', and use at most 32 letters, digits, '_', '.' and '-'";

struct PlannedGroup {
  MakeGroup group;
  Place place;
};

class GroupReader {
 public:
  explicit GroupReader(ModuleOutput& out) : out_(out) {}

  void read(const YamlNode& node);
  void finish();

 private:
  void read_map(const YamlNode& map);
  void add(std::string_view name, const YamlNode* members, const Place& place);
  void remark(const Place& place, const std::string& text, std::string_view advice);

  ModuleOutput& out_;
  std::size_t number_ = 0;  ///< of the group, from 1
  std::vector<PlannedGroup> groups_;
};

void GroupReader::remark(const Place& place, const std::string& text, std::string_view advice) {
  out_.remark(RemarkLevel::kError, "group", place, "group " + std::to_string(number_) + ": " + text,
              std::string(advice));
}

void GroupReader::add(std::string_view name, const YamlNode* members, const Place& place) {
  ++number_;
  if (!is_account_name(name))
    return remark(place, "no group can have this name, so that it is not made", kNameAdvice);
  NameList list;
  if (members != nullptr) list = read_names(*members);
  if (list.wrong != nullptr)
    remark(out_.place_of(*list.wrong),
           "a member is " + std::string(to_string(list.wrong->kind)) + ", and is left out",
           "write the names of users");
  auto group = std::ranges::find(groups_, name, [](const auto& g) { return g.group.name; });
  if (group == groups_.end()) {
    groups_.push_back({.group = {.name = std::string(name)}, .place = place});
    group = std::prev(groups_.end());
  }
  for (auto& member : list.names) {
    if (is_account_name(member)) {
      group->group.members.push_back(std::move(member));
    } else {
      remark(place, "a member has a name that no user can have, and is left out", kNameAdvice);
    }
  }
}

void GroupReader::read_map(const YamlNode& map) {
  for (const auto& member : map.members) add(member.name, &member.value, out_.place_of(member));
}

void GroupReader::read(const YamlNode& node) {
  if (node.kind == YamlKind::kMap) return read_map(node);
  if (node.kind == YamlKind::kText || node.kind == YamlKind::kInt) {
    for (const auto name : split(node.text.reveal(), ','))
      add(trim(name), nullptr, out_.place_of(node));
    return;
  }
  ++number_;
  remark(out_.place_of(node),
         "it is " + std::string(to_string(node.kind)) +
             ", and has to be a name, so that it is not made",
         "write '- NAME' or '- NAME: [USER, USER]'");
}

void GroupReader::finish() {
  for (auto& [group, place] : groups_) {
    auto what = "make the group " + group.name;
    if (!group.members.empty()) what += " with " + join(group.members, ", ");
    out_.add({.id = "groups/" + group.name,
              .place = place,
              .phase = ItemPhase::kEarly,
              .what = printable(what, 400, Quotes::kKept),
              .action = std::move(group)});
  }
}

}  // namespace

void plan_groups(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  GroupReader reader(out);
  if (value.kind == YamlKind::kNull) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member), "'groups' has no groups");
  } else if (value.kind == YamlKind::kList) {
    for (const auto& item : value.items) reader.read(item);
  } else {
    reader.read(value);
  }
  reader.finish();
}

}  // namespace azl::provision::custom_data
