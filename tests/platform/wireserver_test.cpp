#include <stdexcept>

#include <doctest/doctest.h>
#include <pugixml.hpp>

#include "tests/platform/wireserver_service.h"

namespace azl::platform {
namespace {

Scenario scenario_of(const char* text) {
  auto scenario = parse_scenario(text);
  if (!scenario) throw std::runtime_error(scenario.error());
  return *scenario;
}

Request request(const std::string& method, const std::string& target) {
  auto parsed = parse_request_head(method + " " + target +
                                   " HTTP/1.1\r\n"
                                   "Host: 168.63.129.16\r\n"
                                   "x-ms-version: 2012-11-30\r\n"
                                   "x-ms-agent-name: test\r\n"
                                   "x-ms-guest-agent-name: test v1\r\n");
  if (!parsed) throw std::runtime_error("bad target " + target);
  return *parsed;
}

Request health(const std::string& body) {
  Request post = request("POST", "/machine/?comp=health");
  post.headers["content-type"] = "text/xml;charset=utf-8";
  post.body = body;
  return post;
}

/// A health report, by default of the role instance "r" in the container "c".
std::string report(const std::string& state, const std::string& incarnation = "1",
                   const std::string& container = "c", const std::string& instance = "r") {
  return "<?xml version=\"1.0\"?><Health><GoalStateIncarnation>" + incarnation +
         "</GoalStateIncarnation><Container><ContainerId>" + container +
         "</ContainerId><RoleInstanceList><Role><InstanceId>" + instance + "</InstanceId><Health>" +
         state + "</Health></Role></RoleInstanceList></Container></Health>";
}

std::string not_ready(const std::string& details) {
  return report("<State>NotReady</State><Details>" + details + "</Details>");
}

constexpr const char* kReady = "<State>Ready</State>";
constexpr const char* kScenario =
    R"({"wireserver": {"container_id": "c", "role_instance_id": "r"}})";

TEST_CASE("the goal state has the container id, the role instance id and the documents' URLs") {
  const Scenario scenario = scenario_of(
      R"({"wireserver": {"container_id": "c", "role_instance_id": "r x", "incarnation": "4"}})");
  const Answer answer = answer_wireserver(scenario, request("GET", "/machine/?comp=goalstate"), 1);
  CHECK(answer.status == 200);
  pugi::xml_document document;
  REQUIRE(document.load_string(answer.body.c_str()));
  const auto value = [&](const char* path) {
    return std::string(document.select_node(path).node().child_value());
  };
  CHECK(value("/GoalState/Version") == "2012-11-30");
  CHECK(value("/GoalState/Incarnation") == "4");
  CHECK(value("/GoalState/Machine/ExpectedState") == "Started");
  CHECK(value("/GoalState/Machine/StopRolesDeadlineHint") == "300000");
  CHECK(value("/GoalState/Machine/LBProbePorts/Port") == "16001");
  CHECK(value("/GoalState/Container/ContainerId") == "c");
  const std::string instance = "/GoalState/Container/RoleInstanceList/RoleInstance/";
  CHECK(value((instance + "InstanceId").c_str()) == "r x");
  CHECK(value((instance + "State").c_str()) == "Started");
  CHECK(value((instance + "Configuration/SharedConfig").c_str()) ==
        "http://168.63.129.16/machine/c/r%20x?comp=config&type=sharedConfig&incarnation=4");
  CHECK(!document.select_node((instance + "Configuration/Certificates").c_str()));

  const std::string configuration = instance + "Configuration/";
  for (const std::string element :
       {"HostingEnvironmentConfig", "SharedConfig", "ExtensionsConfig", "FullConfig"}) {
    CAPTURE(element);
    const std::string url = value((configuration + element).c_str());
    const Answer config = answer_wireserver(
        scenario, request("GET", url.substr(std::string("http://168.63.129.16").size())), 2);
    CHECK(config.status == 200);
    CHECK(pugi::xml_document().load_string(config.body.c_str()));
  }
}

TEST_CASE("the goal state's documents name the VM and its deployment, and list no extensions") {
  const Scenario scenario = scenario_of(
      R"({"vm": {"name": "web-1", "interfaces": [{"ipv4": ["10.0.0.9"]}]},
          "wireserver": {"container_id": "c", "role_instance_id": "r"}})");
  struct Row {
    std::string type;
    std::string path;
    std::string value;
  };
  const Row rows[] = {
      {"hostingEnvironmentConfig", "/HostingEnvironmentConfig/Deployment/@name", "c"},
      {"hostingEnvironmentConfig", "/HostingEnvironmentConfig/Incarnation/@instance", "web-1"},
      {"hostingEnvironmentConfig", "/HostingEnvironmentConfig/Incarnation/@number", "7"},
      {"hostingEnvironmentConfig", "/HostingEnvironmentConfig/Role/@name", "web-1"},
      {"sharedConfig", "/SharedConfig/Deployment/@name", "c"},
      {"sharedConfig", "/SharedConfig/Instances/Instance/@id", "r"},
      {"sharedConfig", "/SharedConfig/Instances/Instance/@address", "10.0.0.9"},
  };
  const auto fetch = [&](const std::string& type, pugi::xml_document& document) {
    const Answer answer = answer_wireserver(
        scenario, request("GET", "/machine/c/r?comp=config&incarnation=7&type=" + type), 1);
    REQUIRE(document.load_string(answer.body.c_str()));
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    pugi::xml_document document;
    fetch(row.type, document);
    CHECK(document.select_node(row.path.c_str()).attribute().value() == row.value);
  }
  pugi::xml_document extensions;
  fetch("extensionsConfig", extensions);
  for (const char* list : {"GuestAgentExtension/GAFamilies", "Plugins", "PluginSettings"}) {
    CAPTURE(list);
    const pugi::xml_node found = extensions.child("Extensions").first_element_by_path(list);
    REQUIRE(found);
    CHECK(!found.first_child());
  }
}

TEST_CASE("the WireServer answers each method and target with the right status") {
  const Scenario scenario = scenario_of(kScenario);
  struct Row {
    std::string method;
    std::string target;
    int status;
  };
  const Row rows[] = {
      {"GET", "/?comp=versions", 200},
      {"POST", "/?comp=versions", 405},
      {"GET", "/", 404},
      {"GET", "/machine?comp=goalstate", 200},
      {"GET", "/machine/?comp=goalstate", 200},
      {"POST", "/machine/?comp=goalstate", 405},
      {"GET", "/machine/?comp=health", 405},
      {"GET", "/machine/?comp=telemetry", 404},
      {"GET", "/machine/c/r?comp=config&type=sharedConfig", 200},
      {"GET", "/machine/c/r?comp=config&type=other", 404},
      {"GET", "/machine/c/other?comp=config&type=sharedConfig", 404},
      {"GET", "/machine/c/r?comp=certificates&incarnation=1", 404},
      {"GET", "/provisioning/health", 405},
      {"GET", "/other", 404},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CAPTURE(row.method);
    CHECK(answer_wireserver(scenario, request(row.method, row.target), 1).status == row.status);
  }
}

TEST_CASE("the XML protocol requires its headers") {
  const Scenario scenario = scenario_of(kScenario);
  Request goal = request("GET", "/machine/?comp=goalstate");
  goal.headers.erase("x-ms-version");
  CHECK(answer_wireserver(scenario, goal, 1).status == 400);
  for (const std::string header : {"x-ms-version", "x-ms-agent-name", "content-type"}) {
    CAPTURE(header);
    Request post = health(report(kReady));
    post.headers.erase(header);
    CHECK(answer_wireserver(scenario, post, 1).status == 400);
  }
}

TEST_CASE("an XML health report is checked against the goal state") {
  const Scenario scenario = scenario_of(kScenario);
  const std::string sub_status = "<SubStatus>ProvisioningFailed</SubStatus>";
  const auto description = [&](std::size_t size) {
    return not_ready(sub_status + "<Description>" + std::string(size, 'x') + "</Description>");
  };
  struct Row {
    std::string body;
    int status;
  };
  const Row rows[] = {
      {report(kReady), 200},
      {description(1), 200},
      {description(4096), 200},
      {description(4097), 400},
      {not_ready(sub_status), 400},
      {not_ready("<Description>x</Description>"), 400},
      {report("<State>NotReady</State>"), 400},
      {report("<State>Fine</State>"), 400},
      {report(""), 400},
      {report(kReady, "2"), 410},
      {report(kReady, ""), 400},
      {report(kReady, "1", "other"), 400},
      {report(kReady, "1", "c", "other"), 400},
      {"<Health", 400},
      {"", 400},
      {"<Other/>", 400},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body.substr(0, 400));
    CHECK(answer_wireserver(scenario, health(row.body), 1).status == row.status);
  }
}

TEST_CASE("after a new incarnation, a health report about the old one is refused with 410") {
  const Scenario scenario = scenario_of(
      R"({"wireserver": {"container_id": "c", "role_instance_id": "r", "incarnation": "9",
                         "new_incarnation_after": 1}})");
  CHECK(incarnation(scenario.wireserver, 1) == "9");
  CHECK(incarnation(scenario.wireserver, 2) == "10");
  CHECK(answer_wireserver(scenario, health(report(kReady, "9")), 2).status == 410);
  const Answer goal = answer_wireserver(scenario, request("GET", "/machine/?comp=goalstate"), 3);
  CHECK(goal.body.find("<Incarnation>10</Incarnation>") != std::string::npos);
  CHECK(answer_wireserver(scenario, health(report(kReady, "10")), 4).status == 200);
}

TEST_CASE("an invalid JSON health report is refused with 400") {
  const Scenario scenario = scenario_of("{}");
  const auto details = [](const std::string& members) {
    return R"({"state":"NotReady","details":{)" + members + "}}";
  };
  const std::string failed = R"("subStatus":"ProvisioningFailed",)";
  struct Row {
    std::string body;
    int status;
  };
  const Row rows[] = {
      {R"({"state":"Ready"})", 201},
      {details(failed + R"("description":"x")"), 201},
      {details(R"("subStatus":"Provisioning","description":"x")"), 201},
      {details(failed + R"("description":")" + std::string(4096, 'x') + "\""), 201},
      {details(failed + R"("description":")" + std::string(4097, 'x') + "\""), 400},
      {details(failed + R"("description":"")"), 400},
      {details(failed + R"("description":7)"), 400},
      {details(R"("subStatus":"Other","description":"x")"), 400},
      {R"({"state":"NotReady"})", 400},
      {R"({"state":"NotReady","details":null})", 400},
      {R"({"state":"ready"})", 400},
      {R"({"state":1})", 400},
      {R"({})", 400},
      {R"(["Ready"])", 400},
      {R"({"state":"Ready")", 400},
      {"", 400},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body.substr(0, 400));
    Request post = request("POST", "/provisioning/health");
    post.headers["content-type"] = "application/json";
    post.body = row.body;
    CHECK(answer_wireserver(scenario, post, 1).status == row.status);
  }
}

TEST_CASE("the JSON protocol requires its headers, and a host can lack the protocol") {
  const Scenario scenario = scenario_of("{}");
  Request post = request("POST", "/provisioning/health");
  post.headers["content-type"] = "application/json; charset=utf-8";
  post.body = R"({"state":"Ready"})";
  CHECK(answer_wireserver(scenario, post, 1).status == 201);
  CHECK(
      answer_wireserver(scenario_of(R"({"wireserver": {"json_health": false}})"), post, 1).status ==
      404);
  for (const std::string header : {"x-ms-guest-agent-name", "content-type"}) {
    CAPTURE(header);
    Request without = post;
    without.headers.erase(header);
    CHECK(answer_wireserver(scenario, without, 1).status == 400);
  }
}

}  // namespace
}  // namespace azl::platform
