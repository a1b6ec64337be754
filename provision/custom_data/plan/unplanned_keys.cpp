#include "provision/custom_data/plan/unplanned_keys.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "provision/custom_data/plan/top_level_keys.h"

namespace azl::provision::custom_data {
namespace {

struct Row {
  std::string_view key;
  std::string_view advice;
};

/// What to do in the meantime.
constexpr auto kRows = std::to_array<Row>({
    {"apt",
     "Azure Linux has no apt: write repositories to /etc/yum.repos.d with write_files, and install "
     "in runcmd: '- dnf install -y PACKAGE'"},
});

Remark describe_unplanned_key(std::string_view name, ModuleOutput& out) {
  const auto* key = find_top_level_key(name);
  if (key == nullptr) return describe_unknown_key(name, out.may_suggest());
  if (key->state == KeyState::kIgnored) return describe_ignored_key(*key);
  return {
      .level = RemarkLevel::kWarning,
      .rule = "not-supported",
      .place = {},
      .text = "this version of azl-provision does not carry out '" + std::string(key->name) + "'",
      .advice = std::string(find_meanwhile(key->name))};
}

}  // namespace

std::string_view find_meanwhile(std::string_view key) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.key == key; });
  return row == kRows.end() ? std::string_view("do it in runcmd") : row->advice;
}

void remark_unplanned_key(const YamlMember& member, ModuleOutput& out) {
  auto remark = describe_unplanned_key(member.name, out);
  out.remark(remark.level, remark.rule, out.place_of(member), std::move(remark.text),
             std::move(remark.advice));
}

}  // namespace azl::provision::custom_data
