#include "provision/custom_data/plan/time_zone.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::size_t kLongest = 255;

bool is_word(std::string_view word) {
  return !word.empty() && !word.starts_with('-') && std::ranges::all_of(word, [](char c) {
    return is_letter_or_digit(c) || c == '_' || c == '+' || c == '-';
  });
}

}  // namespace

bool is_time_zone_name(std::string_view name) {
  if (name.size() > kLongest || name.starts_with('/') || name.ends_with('/') || name.contains("//"))
    return false;
  const auto words = split(name, '/');
  return !words.empty() && std::ranges::all_of(words, is_word);
}

void plan_time_zone(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull || (value.kind == YamlKind::kText && value.text.empty())) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member), "'timezone' has no value");
    return;
  }
  std::string zone(trim(value.text.reveal()));
  if (value.kind != YamlKind::kText || !is_time_zone_name(zone)) {
    out.remark(RemarkLevel::kError, "timezone", out.place_of(member),
               "'timezone' is not the name of a time zone; the time zone stays as it is",
               "write a name that 'timedatectl list-timezones' lists, such as 'Europe/Vienna'");
    return;
  }
  out.add({.id = "timezone",
           .place = out.place_of(member),
           .phase = ItemPhase::kFinal,
           .what = "set the time zone to " + zone,
           .action = SetTimeZone{.zone = std::move(zone)}});
}

}  // namespace azl::provision::custom_data
