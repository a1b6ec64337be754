#include "provision/custom_data/plan/locale.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::size_t kLongest = 128;

/// Whether this can be the name of a locale, "language_TERRITORY.charset@modifier".
bool is_locale_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongest && is_letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) {
           return is_letter_or_digit(c) || std::string_view("_.-@").contains(c);
         });
}

}  // namespace

void plan_locale(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull || (value.kind == YamlKind::kText && value.text.empty())) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member), "'locale' has no value");
    return;
  }
  if (!parse_flag(value).value_or(true)) return;
  std::string name(trim(value.text.reveal()));
  if (value.kind != YamlKind::kText || !is_locale_name(name)) {
    out.remark(RemarkLevel::kError, "locale", out.place_of(member),
               "'locale' is not the name of a locale; the locale stays as it is",
               "write a name that 'locale -a' lists, such as 'en_US.UTF-8'");
    return;
  }
  out.add({.id = "locale",
           .place = out.place_of(member),
           .phase = ItemPhase::kFinal,
           .what = "set the locale to " + name,
           .action = SetLocale{.name = std::move(name)}});
}

}  // namespace azl::provision::custom_data
