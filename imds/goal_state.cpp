#include "imds/goal_state.h"

#include <algorithm>
#include <initializer_list>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "imds/xml.h"

namespace azl::imds {
namespace {

constexpr XmlDialect kDialect = {.name = "goal state",
                                 .limit = kGoalStateLimit,
                                 .malformed = Reason::kWireServer,
                                 .unexpected = Reason::kWireServer,
                                 .namespaces = {}};
constexpr std::size_t kPartLimit = 256;
constexpr std::size_t kUrlLimit = 2048;
// xml_content writes at most 6 bytes a character, so the description fits the host's limit.
static_assert(kDescriptionLimit * 6 <= 4096);

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

/// Returns the text at a path of elements. Takes the first element of each name, as WALinuxAgent
/// does; a goal state lists one role instance.
Result<std::string> read_part(pugi::xml_node node, std::initializer_list<std::string_view> path) {
  for (const auto& name : path) {
    const auto found = children(node, name, kDialect);
    if (found.empty()) {
      return xml_fail(Reason::kWireServer, kDialect, "it has no " + std::string(name));
    }
    node = found.front();
  }
  const auto raw = text_of(node);
  const auto text = trim(raw);
  const std::string name(*(path.end() - 1));
  if (text.empty()) return xml_fail(Reason::kWireServer, kDialect, name + " is empty");
  if (text.size() > kPartLimit || std::ranges::any_of(text, is_control)) {
    return xml_fail(Reason::kWireServer, kDialect, name + " is too long or has control characters");
  }
  return std::string(text);
}

/// A URL that cannot be used costs only the certificates: a health report does without.
std::optional<std::string> read_certificates_url(pugi::xml_node node) {
  for (const char* name :
       {"Container", "RoleInstanceList", "RoleInstance", "Configuration", "Certificates"}) {
    const auto found = children(node, name, kDialect);
    if (found.empty()) return std::nullopt;
    node = found.front();
  }
  const auto raw = text_of(node);
  const auto url = trim(raw);
  if (url.size() > kUrlLimit || std::ranges::any_of(url, is_control)) return "";
  return std::string(url);
}

std::string element(std::string_view name, std::string_view content) {
  const std::string tag(name);
  return "<" + tag + ">" + std::string(content) + "</" + tag + ">";
}

/// Returns the inner Health element.
std::string role_health(Health health, std::string_view description) {
  if (health == Health::kReady) return element("Health", element("State", "Ready"));
  const auto details = element("SubStatus", "ProvisioningFailed") +
                       element("Description", xml_content(description, kDescriptionLimit));
  return element("Health", element("State", "NotReady") + element("Details", details));
}

/// Returns the first `limit` characters; an invalid byte counts as one.
std::string_view cut_characters(std::string_view text, std::size_t limit) {
  std::size_t end = 0;
  for (; limit > 0 && end < text.size(); --limit) {
    end += std::max<std::size_t>(utf8_length(text.substr(end)), 1);
  }
  return text.substr(0, end);
}

}  // namespace

Result<GoalState> parse_goal_state(std::string_view xml) {
  const auto document = OR_RETURN(XmlDocument::parse(xml, kDialect));
  const auto top = document.top();
  GoalState goal;
  goal.incarnation = OR_RETURN(read_part(top, {"Incarnation"}));
  goal.container_id = OR_RETURN(read_part(top, {"Container", "ContainerId"}));
  goal.instance_id =
      OR_RETURN(read_part(top, {"Container", "RoleInstanceList", "RoleInstance", "InstanceId"}));
  goal.certificates_url = read_certificates_url(top);
  return goal;
}

std::string health_xml(const GoalState& goal, Health health, std::string_view description) {
  const auto escaped = [](std::string_view text) { return xml_content(text, kPartLimit); };
  const auto role = element(
      "Role", element("InstanceId", escaped(goal.instance_id)) + role_health(health, description));
  const auto container = element("Container", element("ContainerId", escaped(goal.container_id)) +
                                                  element("RoleInstanceList", role));
  return R"(<?xml version="1.0" encoding="utf-8"?>)"
         R"(<Health xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
         R"( xmlns:xsd="http://www.w3.org/2001/XMLSchema">)" +
         element("GoalStateIncarnation", escaped(goal.incarnation)) + container + "</Health>";
}

std::string health_json(Health health, std::string_view description) {
  nlohmann::ordered_json report;
  report["state"] = health == Health::kReady ? "Ready" : "NotReady";
  if (health == Health::kProvisioningFailed) {
    report["details"]["subStatus"] = "ProvisioningFailed";
    report["details"]["description"] = std::string(cut_characters(description, kDescriptionLimit));
  }
  // Replaces invalid UTF-8 by U+FFFD; the default would throw.
  return report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace azl::imds
