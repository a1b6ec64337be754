#include "provision/custom_data/plan/host_name.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/host_name.h"
#include "base/text.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "hostname";
constexpr std::string_view kAdvice =
    "write labels of letters, digits and inner hyphens, with dots between them, each of at most 63 "
    "characters";

constexpr auto kKeys = std::to_array<std::string_view>(
    {"fqdn", "hostname", "prefer_fqdn_over_hostname", "preserve_hostname"});

bool is_key(const YamlMember& member) {
  return std::ranges::find(kKeys, member.name) != kKeys.end();
}

bool is_scalar(const YamlNode& node) {
  return node.kind != YamlKind::kList && node.kind != YamlKind::kMap;
}

/// Returns an empty text if it is not given or not valid.
std::string read_name(std::string_view key, const ModuleOutput& out) {
  const auto* value = out.find_key(key);
  if (value == nullptr || !is_scalar(*value) || trim(value->text.reveal()).empty()) return {};
  return valid_host_name(trim(value->text.reveal())).value_or("");
}

bool is_true(std::string_view key, bool by_default, const ModuleOutput& out) {
  const auto* value = out.find_key(key);
  return value == nullptr ? by_default : parse_flag(*value).value_or(by_default);
}

void remark_name(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (!is_scalar(value)) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               describe_wrong_kind(member.name, value.kind, "text") + "; it is ignored");
    return;
  }
  const auto given = trim(value.text.reveal());
  if (given.empty()) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member),
               "'" + member.name + "' has no value");
    return;
  }
  const auto valid = valid_host_name(given);
  if (!valid) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               "'" + member.name + "' is not a valid host name; it is ignored",
               std::string(kAdvice));
  } else if (*valid != given) {
    out.remark(
        RemarkLevel::kWarning, kRule, out.place_of(member),
        "'" + member.name + "' has more than 64 characters, or 63 in a label; it is shortened",
        "shorten it yourself");
  }
}

void remark_flag(const YamlMember& member, ModuleOutput& out) {
  if (member.value.kind != YamlKind::kNull && !parse_flag(member.value))
    out.remark(RemarkLevel::kWarning, kRule, out.place_of(member),
               "'" + member.name + "' is neither true nor false; it is ignored",
               "write 'true' or 'false'");
}

void remark_preserved(const YamlMember& member, ModuleOutput& out) {
  if (!parse_flag(member.value).value_or(false)) return;
  const bool given = out.find_key("hostname") != nullptr || out.find_key("fqdn") != nullptr;
  out.remark(RemarkLevel::kWarning, "preserve-hostname", out.place_of(member),
             given ? "'hostname' and 'fqdn' do not set the host name, because 'preserve_hostname' "
                     "is true; it stays the one of the VM on Azure"
                   : "the host name stays the one of the VM on Azure, which is set before custom "
                     "data is read; the image's own name is not kept",
             given ? "remove 'preserve_hostname' to set the host name"
                   : "remove 'preserve_hostname': no later boot changes the host name");
}

}  // namespace

HostNames read_host_names(const ModuleOutput& out) {
  HostNames names{.name = read_name("hostname", out), .fqdn = read_name("fqdn", out)};
  if (names.fqdn.empty() && names.name.contains('.')) names.fqdn = names.name;
  if (names.name.empty() || names.name == names.fqdn)
    names.name = names.fqdn.substr(0, names.fqdn.find('.'));
  return names;
}

void plan_host_name(const YamlMember& member, ModuleOutput& out) {
  const bool is_name = member.name == "hostname" || member.name == "fqdn";
  is_name ? remark_name(member, out) : remark_flag(member, out);
  if (member.name == "preserve_hostname") remark_preserved(member, out);
  const auto& members = out.config().members;
  const auto first = std::find_if(members.begin(), members.end(), is_key);
  if (first == members.end() || first->name != member.name) return;
  const auto names = read_host_names(out);
  if (names.name.empty() || is_true("preserve_hostname", false, out)) return;
  const bool with_domain = !names.fqdn.empty() && is_true("prefer_fqdn_over_hostname", true, out);
  auto name = with_domain ? names.fqdn : names.name;
  out.add({.id = "hostname",
           .place = out.place_of(member),
           .phase = ItemPhase::kEarly,
           .what = "set the host name to '" + name + "'",
           .action = SetHostName{.name = std::move(name)}});
}

}  // namespace azl::provision::custom_data
