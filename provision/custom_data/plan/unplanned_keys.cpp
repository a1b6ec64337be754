#include "provision/custom_data/plan/unplanned_keys.h"

#include <utility>

#include "provision/custom_data/plan/top_level_keys.h"

namespace azl::provision::custom_data {

void remark_unplanned_key(const YamlMember& member, ModuleOutput& out) {
  const auto* key = find_top_level_key(member.name);
  auto remark = key == nullptr ? describe_unknown_key(member.name, out.may_suggest())
                               : describe_ignored_key(*key);
  out.remark(remark.level, remark.rule, out.place_of(member), std::move(remark.text),
             std::move(remark.advice));
}

}  // namespace azl::provision::custom_data
