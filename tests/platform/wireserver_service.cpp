#include "tests/platform/wireserver_service.h"

#include <array>
#include <sstream>

#include <pugixml.hpp>

#include "tests/platform/certificates_service.h"
#include "tests/platform/encoding.h"
#include "tests/platform/object_reader.h"

namespace azl::platform {
namespace {

constexpr const char* kXml = "text/xml; charset=utf-8";
constexpr std::size_t kDescriptionLimit = 4096;  // bytes; the limit of Azure's host

Answer refuse(int status, const std::string& code, const std::string& message) {
  pugi::xml_document document;
  pugi::xml_node error = document.append_child("Error");
  error.append_child("Code").text() = code.c_str();
  error.append_child("Message").text() = message.c_str();
  std::ostringstream text;
  document.save(text, "", pugi::format_raw);
  return {.status = status, .content_type = kXml, .body = text.str()};
}

Answer bad_request(const std::string& message) { return refuse(400, "BadRequest", message); }

void add(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

std::string to_text(const pugi::xml_document& document) {
  std::ostringstream text;
  text << R"(<?xml version="1.0" encoding="utf-8"?>)" << '\n';
  document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration);
  return text.str();
}

Answer answer_versions() {
  pugi::xml_document document;
  pugi::xml_node versions = document.append_child("Versions");
  add(versions.append_child("Preferred"), "Version", "2015-04-05");
  pugi::xml_node supported = versions.append_child("Supported");
  for (const char* version : {"2015-04-05", "2012-11-30", "2012-09-15", "2012-05-15"}) {
    add(supported, "Version", version);
  }
  return {.content_type = kXml, .body = to_text(document)};
}

/// A document that the goal state names: its element in Configuration, the `type` in its URL, and
/// its root element.
struct ConfigDocument {
  const char* element;
  const char* type;
  const char* root;
};
constexpr std::array<ConfigDocument, 4> kConfigDocuments = {{
    {"HostingEnvironmentConfig", "hostingEnvironmentConfig", "HostingEnvironmentConfig"},
    {"SharedConfig", "sharedConfig", "SharedConfig"},
    {"ExtensionsConfig", "extensionsConfig", "Extensions"},
    {"FullConfig", "fullConfig", "RoleConfiguration"},
}};

std::string config_path(const WireServerOptions& wireserver) {
  return "/machine/" + percent_encoded(wireserver.container_id) + "/" +
         percent_encoded(wireserver.role_instance_id);
}

/// Adds the names of the deployment and the VM, which WALinuxAgent reads.
void add_deployment(pugi::xml_node root, const Scenario& scenario, const std::string& current) {
  pugi::xml_node deployment = root.append_child("Deployment");
  deployment.append_attribute("name") = scenario.wireserver.container_id.c_str();
  deployment.append_attribute("incarnation") = "0";
  pugi::xml_node incarnation = root.append_child("Incarnation");
  incarnation.append_attribute("number") = current.c_str();
  incarnation.append_attribute("instance") = scenario.vm.name.c_str();
  pugi::xml_node role = root.append_child("Role");
  role.append_attribute("name") = scenario.vm.name.c_str();
  role.append_attribute("settleTimeSeconds") = "10";
}

void add_instances(pugi::xml_node root, const Scenario& scenario) {
  pugi::xml_node instance = root.append_child("Instances").append_child("Instance");
  instance.append_attribute("id") = scenario.wireserver.role_instance_id.c_str();
  const auto& interfaces = scenario.vm.interfaces;
  const bool has_address = !interfaces.empty() && !interfaces.front().ipv4.empty();
  instance.append_attribute("address") = has_address ? interfaces.front().ipv4.front().c_str() : "";
  instance.append_child("InputEndpoints");
}

/// Adds empty lists of extensions.
void add_no_extensions(pugi::xml_node root) {
  root.append_child("GuestAgentExtension").append_child("GAFamilies");
  root.append_child("Plugins");
  root.append_child("PluginSettings");
}

Answer answer_config(const Scenario& scenario, const Request& request) {
  const std::string type = request.parameter("type").value_or("");
  const std::string current = request.parameter("incarnation").value_or("");
  for (const ConfigDocument& known : kConfigDocuments) {
    if (type != known.type) continue;
    pugi::xml_document document;
    pugi::xml_node root = document.append_child(known.root);
    root.append_attribute("version") = "1.0.0.0";
    root.append_attribute("goalStateIncarnation") = current.c_str();
    if (type == "extensionsConfig") {
      add_no_extensions(root);
    } else if (type != "fullConfig") {
      add_deployment(root, scenario, current);
    }
    if (type == "sharedConfig") add_instances(root, scenario);
    return {.content_type = kXml, .body = to_text(document)};
  }
  return refuse(404, "ResourceNotAvailable", "no such configuration: " + type);
}

/// Answers a health report of the XML protocol. The report must name the incarnation `current`.
Answer answer_health(const WireServerOptions& wireserver, const Request& request,
                     const std::string& current) {
  if (request.header("x-ms-agent-name").empty()) {
    return bad_request("the header x-ms-agent-name is missing");
  }
  if (!request.header("content-type").starts_with("text/xml")) {
    return bad_request("Content-Type must be text/xml;charset=utf-8");
  }
  pugi::xml_document document;
  if (!document.load_buffer(request.body.data(), request.body.size())) {
    return bad_request("the body is not well-formed XML");
  }
  const pugi::xml_node health = document.child("Health");
  const pugi::xml_node container = health.child("Container");
  const pugi::xml_node role = container.child("RoleInstanceList").child("Role");
  const pugi::xml_node report = role.child("Health");
  const std::string reported = health.child_value("GoalStateIncarnation");
  if (!health || reported.empty()) return bad_request("Health/GoalStateIncarnation is missing");
  if (reported != current) {
    return refuse(410, "ResourceGone",
                  "incarnation " + reported + " is gone; the current one is " + current);
  }
  if (container.child_value("ContainerId") != wireserver.container_id) {
    return bad_request("ContainerId differs from the goal state's");
  }
  if (role.child_value("InstanceId") != wireserver.role_instance_id) {
    return bad_request("InstanceId differs from the goal state's");
  }
  const std::string state = report.child_value("State");
  if (state == "Ready") return {.content_type = kXml};
  if (state != "NotReady") return bad_request("State must be Ready or NotReady");
  const pugi::xml_node details = report.child("Details");
  const std::string description = details.child_value("Description");
  if (std::string(details.child_value("SubStatus")).empty() || description.empty()) {
    return bad_request("NotReady needs Details/SubStatus and Details/Description");
  }
  if (description.size() > kDescriptionLimit) {
    return bad_request("Description is longer than 4096 bytes");
  }
  return {.content_type = kXml};
}

/// Describes the problem with a body of the JSON health protocol. Empty if the body is valid.
std::string describe_json_health_problem(const std::string& body) {
  const Json report = Json::parse(body, nullptr, false);
  if (!report.is_object()) return "the body is not a JSON object";
  const auto text = [](const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const std::string state = text(report, "state");
  if (state == "Ready") return "";
  if (state != "NotReady") return "state must be Ready or NotReady";
  const Json details = report.value("details", Json::object());
  if (!details.is_object()) return "details must be an object";
  const std::string sub_status = text(details, "subStatus");
  if (sub_status != "ProvisioningFailed" && sub_status != "Provisioning") {
    return "details.subStatus must be ProvisioningFailed or Provisioning";
  }
  const std::string description = text(details, "description");
  if (description.empty()) return "details.description is missing";
  if (description.size() > kDescriptionLimit)
    return "details.description is longer than 4096 bytes";
  return "";
}

Answer answer_json_health(const WireServerOptions& wireserver, const Request& request) {
  if (!wireserver.json_health)
    return refuse(404, "NotFound", "this host does not have the JSON health protocol");
  if (request.method != "POST") return refuse(405, "MethodNotAllowed", "POST only");
  if (request.header("x-ms-guest-agent-name").empty()) {
    return bad_request("the header x-ms-guest-agent-name is missing");
  }
  if (!request.header("content-type").starts_with("application/json")) {
    return bad_request("Content-Type must be application/json");
  }
  const std::string problem = describe_json_health_problem(request.body);
  if (!problem.empty()) return bad_request(problem);
  return {.status = 201};
}

/// Answers requests below /machine, which must name the protocol's version.
Answer answer_machine(const Scenario& scenario, const Request& request, unsigned number) {
  const WireServerOptions& wireserver = scenario.wireserver;
  if (request.header("x-ms-version").empty()) {
    return bad_request("the header x-ms-version is missing");
  }
  const std::string what = request.parameter("comp").value_or("");
  const bool at_root = request.path == "/machine" || request.path == "/machine/";
  const std::string current = incarnation(wireserver, number);
  if (at_root && what == "health") {
    if (request.method != "POST") return refuse(405, "MethodNotAllowed", "POST only");
    return answer_health(wireserver, request, current);
  }
  if (request.method != "GET") return refuse(405, "MethodNotAllowed", "GET only");
  if (at_root && what == "goalstate") {
    const std::string base = "http://" + std::string(request.header("host"));
    return {.content_type = kXml, .body = goal_state(scenario, number, base)};
  }
  if (request.path == percent_decoded(config_path(wireserver)) && what == "config") {
    return answer_config(scenario, request);
  }
  const bool has_certificates = !scenario.certificates.list.empty();
  if (request.path == percent_decoded(config_path(wireserver)) && what == "certificates" &&
      has_certificates) {
    if (request.parameter("incarnation") != current)
      return refuse(410, "ResourceGone", "the current incarnation is " + current);
    return answer_certificates(scenario.certificates, request);
  }
  return refuse(404, "NotFound", "no such resource");
}

}  // namespace

std::string incarnation(const WireServerOptions& wireserver, unsigned number) {
  const bool moved = wireserver.new_incarnation_after && number > *wireserver.new_incarnation_after;
  // stoul can't fail: parse_scenario accepts only 1 to 9 digits.
  return moved ? std::to_string(std::stoul(wireserver.incarnation) + 1) : wireserver.incarnation;
}

std::string goal_state(const Scenario& scenario, unsigned number, const std::string& base) {
  const WireServerOptions& wireserver = scenario.wireserver;
  const std::string current = incarnation(wireserver, number);
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("GoalState");
  root.append_attribute("xmlns:xsi") = "http://www.w3.org/2001/XMLSchema-instance";
  root.append_attribute("xsi:noNamespaceSchemaLocation") = "goalstate10.xsd";
  add(root, "Version", "2012-11-30");
  add(root, "Incarnation", current);
  pugi::xml_node machine = root.append_child("Machine");
  add(machine, "ExpectedState", "Started");
  add(machine, "StopRolesDeadlineHint", "300000");
  add(machine.append_child("LBProbePorts"), "Port", "16001");
  pugi::xml_node container = root.append_child("Container");
  add(container, "ContainerId", wireserver.container_id);
  pugi::xml_node instance = container.append_child("RoleInstanceList").append_child("RoleInstance");
  add(instance, "InstanceId", wireserver.role_instance_id);
  add(instance, "State", "Started");
  pugi::xml_node configuration = instance.append_child("Configuration");
  const std::string path = base + config_path(wireserver);
  const std::string suffix = "&incarnation=" + current;
  for (const ConfigDocument& known : kConfigDocuments) {
    std::string url = path + "?comp=config&type=";
    url.append(known.type).append(suffix);
    add(configuration, known.element, url);
  }
  // Without certificates there is no such element. WALinuxAgent rejects the whole goal state if it
  // can't fetch something that is named there.
  if (const auto& certificates = scenario.certificates; !certificates.list.empty()) {
    add(configuration, "Certificates",
        certificates.url.value_or(path + "?comp=certificates" + suffix));
  }
  add(configuration, "ConfigName",
      wireserver.container_id + ".0." + wireserver.role_instance_id + "." + current + ".xml");
  return to_text(document);
}

Answer answer_wireserver(const Scenario& scenario, const Request& request, unsigned number) {
  const WireServerOptions& wireserver = scenario.wireserver;
  if (request.path == "/provisioning/health") return answer_json_health(wireserver, request);
  if (request.path.starts_with("/machine")) return answer_machine(scenario, request, number);
  if (request.path == "/" && request.parameter("comp") == "versions") {
    if (request.method != "GET") return refuse(405, "MethodNotAllowed", "GET only");
    return answer_versions();
  }
  return refuse(404, "NotFound", "no such resource");
}

Answer answer_host_plugin() {
  return refuse(404, "NotFound", "this host has no plugin for the guest agent");
}

}  // namespace azl::platform
