#include "imds/goal_state.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "tests/unit/imds/repeated.h"

using namespace azl::imds;
using azl::Reason;
using azl::test::repeated;

namespace {

std::string goal_xml(const std::string& incarnation, const std::string& container,
                     const std::string& instance) {
  return R"(<?xml version="1.0" encoding="utf-8"?><GoalState)"
         R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)"
         "<Version>2012-11-30</Version><Incarnation>" +
         incarnation +
         "</Incarnation><Machine><ExpectedState>Started</ExpectedState></Machine><Container>"
         "<ContainerId>" +
         container + "</ContainerId><RoleInstanceList><RoleInstance><InstanceId>" + instance +
         "</InstanceId><State>Started</State></RoleInstance></RoleInstanceList></Container>"
         "</GoalState>";
}

const GoalState kGoal = {"7", "c0ffee", "i-1"};

/// A goal state whose Configuration has this in it.
std::string with_configuration(const std::string& inside) {
  auto xml = goal_xml("7", "c0ffee", "i-1");
  const std::string end = "</RoleInstance>";
  return xml.insert(xml.find(end), "<Configuration>" + inside + "</Configuration>");
}

std::string failure(const std::string& description) {
  return R"(<?xml version="1.0" encoding="utf-8"?>)"
         R"(<Health xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
         R"( xmlns:xsd="http://www.w3.org/2001/XMLSchema">)"
         "<GoalStateIncarnation>7</GoalStateIncarnation><Container><ContainerId>c0ffee</"
         "ContainerId>"
         "<RoleInstanceList><Role><InstanceId>i-1</InstanceId><Health><State>NotReady</State>"
         "<Details><SubStatus>ProvisioningFailed</SubStatus><Description>" +
         description +
         "</Description></Details></Health></Role></RoleInstanceList></Container></Health>";
}

}  // namespace

TEST_CASE("the URL of the certificates is optional") {
  struct Row {
    std::string inside;
    std::optional<std::string> url;
  };
  const std::string url = "http://168.63.129.16:80/machine/c/i?comp=certificates&incarnation=7";
  const std::string escaped =
      "http://168.63.129.16:80/machine/c/i?comp=certificates&amp;incarnation=7";
  const std::vector<Row> rows = {
      {"", std::nullopt},
      {"<SharedConfig>" + escaped + "</SharedConfig>", std::nullopt},
      {"<Certificates>" + escaped + "</Certificates>", url},
      {"<Certificates>\n " + escaped + " </Certificates><Certificates>x</Certificates>", url},
      {"<Certificates/>", ""},
      {"<Certificates>http://a/&#10;b</Certificates>", ""},
      {"<Certificates>" + std::string(2049, 'a') + "</Certificates>", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.inside);
    const auto goal = parse_goal_state(with_configuration(row.inside));
    REQUIRE(goal);
    CHECK(goal->certificates_url == row.url);
    CHECK(goal->instance_id == "i-1");
  }
}

TEST_CASE("a goal state is parsed") {
  const std::string documents[] = {
      goal_xml("7", "c0ffee", "i-1"),
      "\xEF\xBB\xBF" + goal_xml(" 7\n", "\tc0ffee", "<![CDATA[i-1]]>"),
      "<g:GoalState xmlns:g='urn:any'><g:Incarnation>7</g:Incarnation><g:Container>"
      "<g:ContainerId>c0ffee</g:ContainerId><g:RoleInstanceList><g:RoleInstance>"
      "<g:InstanceId>i-1</g:InstanceId></g:RoleInstance><g:RoleInstance>"
      "<g:InstanceId>i-2</g:InstanceId></g:RoleInstance></g:RoleInstanceList></g:Container>"
      "</g:GoalState>",
  };
  for (const auto& document : documents) {
    CAPTURE(document);
    const auto goal = parse_goal_state(document);
    REQUIRE(goal);
    CHECK(goal->incarnation == "7");
    CHECK(goal->container_id == "c0ffee");
    CHECK(goal->instance_id == "i-1");
  }
}

TEST_CASE("an invalid goal state is refused") {
  struct Row {
    std::string xml;
    const char* message;
  };
  const Row rows[] = {
      {"", nullptr},
      {"service unavailable", nullptr},
      {"<GoalState>", nullptr},
      {std::string("<GoalState/>\0", 13), "goal state: it contains a NUL byte, so it is not UTF-8"},
      {"<!DOCTYPE a [<!ENTITY b 'c'>]>" + goal_xml("7", "&b;", "i"),
       "goal state: it has a document type declaration"},
      {"<GoalState/>", "goal state: it has no Incarnation"},
      {"<GoalState><Incarnation>1</Incarnation></GoalState>", "goal state: it has no Container"},
      {"<GoalState><Incarnation>1</Incarnation><Container><ContainerId>c</ContainerId>"
       "<RoleInstanceList/></Container></GoalState>",
       "goal state: it has no RoleInstance"},
      {goal_xml("", "c", "i"), "goal state: Incarnation is empty"},
      {goal_xml("7", " \n", "i"), "goal state: ContainerId is empty"},
      {goal_xml("7", "c", std::string(257, 'i')),
       "goal state: InstanceId is too long or has control characters"},
      {goal_xml("7", "c&#10;x: y", "i"),
       "goal state: ContainerId is too long or has control characters"},
      {goal_xml("7", "c\x7f", "i"),
       "goal state: ContainerId is too long or has control characters"},
      {repeated("<a>", 100'000), "goal state: it has too many tags"},
      {repeated("<a>", 33) + repeated("</a>", 33), "goal state: its elements are nested too deep"},
      {std::string(kGoalStateLimit + 1, 'x'), "goal state: it is longer than 1048576 bytes"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.xml.substr(0, 100));
    const auto goal = parse_goal_state(row.xml);
    REQUIRE_FALSE(goal);
    CHECK(goal.error().reason() == Reason::kWireServer);
    if (row.message) CHECK(goal.error().to_string() == row.message);
  }
}

TEST_CASE("parts of the maximum length are accepted") {
  const auto goal = parse_goal_state(goal_xml("7", "c", std::string(256, 'i')));
  REQUIRE(goal);
  CHECK(goal->instance_id.size() == 256);
}

TEST_CASE("a report of success has no description") {
  CHECK(health_xml(kGoal, Health::kReady, "ignored") ==
        R"(<?xml version="1.0" encoding="utf-8"?>)"
        R"(<Health xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
        R"( xmlns:xsd="http://www.w3.org/2001/XMLSchema">)"
        "<GoalStateIncarnation>7</GoalStateIncarnation><Container>"
        "<ContainerId>c0ffee</ContainerId><RoleInstanceList><Role><InstanceId>i-1</InstanceId>"
        "<Health><State>Ready</State></Health></Role></RoleInstanceList></Container></Health>");
}

TEST_CASE("a failure's description is shortened between characters and escaped") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const std::string euro = "\xE2\x82\xAC";
  const Row rows[] = {
      {"", ""},
      {"could not create user 'bob'", "could not create user &apos;bob&apos;"},
      {"<a> & \"b\"", "&lt;a&gt; &amp; &quot;b&quot;"},
      {"]]></Description>", "]]&gt;&lt;/Description&gt;"},
      {"tab\tline\nreturn\rbell\a escape\x1b", "tab\tline\nreturn bell  escape "},
      {std::string("a\0b", 3), "a b"},
      {"bad \xff\xC0\x80 utf", "bad     utf"},
      {"cut \xE2\x82", "cut   "},
      {"surrogate \xED\xA0\x80!", "surrogate    !"},
      {"overlong \xE0\x80\x80 \xF0\x80\x80\x80", "overlong         "},
      {"beyond \xF4\x90\x80\x80 \xF5", "beyond       "},
      {"none \xEF\xBF\xBE\xEF\xBF\xBF", "none   "},
      {euro + "\xF0\x9F\x98\x80", euro + "\xF0\x9F\x98\x80"},
      {std::string(513, 'a'), std::string(512, 'a')},
      {std::string(511, 'a') + "&bc", std::string(511, 'a') + "&amp;"},
      {repeated(euro, 600), repeated(euro, 512)},
      {std::string(600, '"'), repeated("&quot;", 512)},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(health_xml(kGoal, Health::kProvisioningFailed, row.text) == failure(row.expected));
    CHECK(row.expected.size() <= 4096);
  }
}

TEST_CASE("the parts of a goal state are escaped too") {
  const auto xml = health_xml({"1", "<c>", "i&\xff"}, Health::kReady, "");
  CHECK(xml.find("<ContainerId>&lt;c&gt;</ContainerId>") != std::string::npos);
  CHECK(xml.find("<InstanceId>i&amp; </InstanceId>") != std::string::npos);
  pugi::xml_document document;
  CHECK(document.load_string(xml.c_str()));
}

TEST_CASE("reports of success and failure in JSON") {
  CHECK(health_json(Health::kReady, "ignored") == R"({"state":"Ready"})");
  CHECK(health_json(Health::kProvisioningFailed, "no \"user\"\n") ==
        R"({"state":"NotReady","details":{"subStatus":"ProvisioningFailed",)"
        R"("description":"no \"user\"\n"}})");
  CHECK(health_json(Health::kProvisioningFailed, "bad \xff!") ==
        "{\"state\":\"NotReady\",\"details\":{\"subStatus\":\"ProvisioningFailed\","
        "\"description\":\"bad \xEF\xBF\xBD!\"}}");
  const auto cut = nlohmann::json::parse(
      health_json(Health::kProvisioningFailed, repeated("\xE2\x82\xAC", 600)));
  CHECK(cut["details"]["description"].get<std::string>() == repeated("\xE2\x82\xAC", 512));
}
