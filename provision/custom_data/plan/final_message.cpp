#include "provision/custom_data/plan/final_message.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/rfc5322.h"
#include "base/text.h"
#include "provision/custom_data/parse/jinja.h"

namespace azl::provision::custom_data {
namespace {

constexpr auto kNames =
    std::to_array<std::string_view>({"uptime", "timestamp", "version", "datasource"});

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// An ASCII text in capitals.
std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

/// A variable in a text, from its "$" on.
struct Variable {
  std::string_view name;
  std::size_t length = 0;
};

/// Returns nullopt if no variable begins here.
std::optional<Variable> parse_variable(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  const std::size_t begin = text.substr(1).starts_with('{') ? 2 : 1;
  const auto* const first = text.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto* const end = std::find_if_not(first, text.end(), is_name_character);
  const Variable plain{{first, end}, static_cast<std::size_t>(end - text.begin())};
  if (plain.name.empty()) return std::nullopt;
  if (begin == 1) return plain;
  if (end == text.end() || *end != '}') return std::nullopt;
  return Variable{plain.name, plain.length + 1};
}

/// The name as it is known, or an empty one. cloud-init also has each name in capitals.
std::string_view find_known(std::string_view name) {
  for (const auto known : kNames) {
    if (name == known || name == upper(known)) return known;
  }
  return {};
}

using Replace = std::function<std::string(const Variable&, std::string_view written)>;

std::string replace_variables(std::string_view text, const Replace& replace) {
  std::string result;
  while (!text.empty()) {
    const auto at = std::min(text.find('$'), text.size());
    result += text.substr(0, at);
    text.remove_prefix(at);
    const auto variable = parse_variable(text);
    const auto length = variable ? variable->length : std::min<std::size_t>(1, text.size());
    const auto written = text.substr(0, length);
    result += variable ? replace(*variable, written) : std::string(written);
    text.remove_prefix(length);
  }
  return result;
}

nlohmann::json make_values(const MessageFacts& facts) {
  std::array<char, 32> uptime{};
  (void)std::snprintf(uptime.data(), uptime.size(), "%.2f",
                      std::chrono::duration<double>(facts.uptime).count());
  return {{"uptime", uptime.data()},
          {"timestamp", rfc5322(facts.now)},
          {"version", facts.version},
          {"datasource", "DataSourceAzure"}};
}

bool is_template(std::string_view text) { return text.starts_with("## template:"); }

}  // namespace

std::string render_final_message(std::string_view text, const MessageFacts& facts) {
  auto values = make_values(facts);
  if (is_template(text)) {
    for (const auto name : kNames) values[upper(name)] = values[std::string(name)];
    const auto rendered = render_jinja(text, values);
    return std::string(rendered ? rendered->text.reveal() : text);
  }
  return replace_variables(text, [&](const Variable& variable, std::string_view written) {
    const std::string known(find_known(variable.name));
    return known.empty() ? std::string(written) : values[known].get<std::string>();
  });
}

void plan_final_message(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kList || value.kind == YamlKind::kMap)
    return out.remark(
        RemarkLevel::kError, "final-message", out.place_of(member),
        describe_wrong_kind(member.name, value.kind, "text") + ", so that it is not printed",
        "quote it");
  if (value.text.empty()) return;
  bool all_known = true;
  if (!is_template(value.text.reveal())) {
    (void)replace_variables(value.text.reveal(), [&](const Variable& variable, std::string_view) {
      all_known = all_known && !find_known(variable.name).empty();
      return std::string();
    });
  }
  if (!all_known)
    out.remark(RemarkLevel::kWarning, "final-message", out.place_of(member),
               "the message has a variable that does not exist: it is printed as it is written, "
               "and cloud-init prints no message",
               "use $uptime, $timestamp, $version and $datasource only");
  out.add({.id = "final_message",
           .place = out.place_of(member),
           .phase = ItemPhase::kFinal,
           .repeat = ItemRepeat::kEachBoot,
           .what = "print a message",
           .action = PrintMessage{.text = value.text.clone()}});
}

}  // namespace azl::provision::custom_data
