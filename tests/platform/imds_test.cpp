#include <doctest/doctest.h>

#include "tests/platform/imds_document.h"
#include "tests/platform/imds_service.h"

namespace azl::platform {
namespace {

Scenario scenario_of(const char* text) {
  auto scenario = parse_scenario(text);
  if (!scenario) throw std::runtime_error(scenario.error());
  return *scenario;
}

/// A request with the Metadata header, as an agent sends it.
Request get(const std::string& target) {
  auto request = parse_request_head("GET " + target + " HTTP/1.1\r\nMetadata: true\r\n");
  if (!request) throw std::runtime_error("bad target " + target);
  return *request;
}

/// Returns true if every value that is neither an object nor a list is a string.
bool all_strings(const Json& node) {
  if (!node.is_structured()) return node.is_string();
  for (const Json& child : node) {
    if (!all_strings(child)) return false;
  }
  return true;
}

TEST_CASE("the instance document describes the VM, with strings only") {
  const Scenario scenario = scenario_of(R"({"vm": {
      "name": "vm-1", "computer_name": "web-1", "admin_username": "ann", "zone": "3",
      "ssh_keys": ["ssh-ed25519 AAAA ann@example\r\n"], "user_data": "hi", "custom_data": "x",
      "interfaces": [{"mac": "00:0d:3a:00:00:01", "ipv4": ["10.1.2.4", "10.1.2.5"],
                      "subnet": "10.1.2.0/25", "ipv6": ["fd00::4"]}],
      "data_disks": [0, 7], "resource_disk_kb": 78643200,
      "tags": {"env": "test", "team": "b"}}})");
  const Json document = imds_document(scenario, true);
  CHECK(all_strings(document));
  const Json& compute = document["compute"];
  CHECK(compute["name"] == "vm-1");
  CHECK(compute["osProfile"] == Json{{"adminUsername", "ann"},
                                     {"computerName", "web-1"},
                                     {"disablePasswordAuthentication", "true"}});
  CHECK(compute["publicKeys"][0]["keyData"] == "ssh-ed25519 AAAA ann@example\r\n");
  CHECK(compute["publicKeys"][0]["path"] == "/home/ann/.ssh/authorized_keys");
  CHECK(compute["userData"] == "aGk=");
  CHECK(compute["customData"] == "");
  CHECK(compute["tags"] == "env:test;team:b");
  CHECK(compute["tagsList"][1]["value"] == "b");
  CHECK(compute["zone"] == "3");
  CHECK(compute["vmId"] == "6b53fe79-c00b-4abe-9387-43fae70865fb");
  CHECK(compute["storageProfile"]["dataDisks"].size() == 2);
  CHECK(compute["storageProfile"]["dataDisks"][1]["lun"] == "7");
  CHECK(compute["storageProfile"]["resourceDisk"]["size"] == "78643200");
  const Json& interface = document["network"]["interface"][0];
  CHECK(interface["macAddress"] == "000D3A000001");
  CHECK(interface["ipv4"]["ipAddress"][1]["privateIpAddress"] == "10.1.2.5");
  CHECK(interface["ipv4"]["subnet"][0] == Json{{"address", "10.1.2.0"}, {"prefix", "25"}});
  CHECK(interface["ipv6"]["ipAddress"][0]["privateIpAddress"] == "fd00::4");
  CHECK(document["extended"]["compute"] == Json{{"hasCustomData", "true"}, {"ppsType", "None"}});
}

TEST_CASE("the member extended is present only on request") {
  CHECK_FALSE(imds_document(scenario_of("{}"), false).contains("extended"));
}

TEST_CASE("hasCustomData says whether the media has custom data") {
  const auto has = [](const char* text) {
    return imds_document(scenario_of(text), true)["extended"]["compute"]["hasCustomData"];
  };
  CHECK(has("{}") == "false");
  CHECK(has(R"({"vm": {"user_data": "u"}})") == "false");
  CHECK(has(R"({"ovf": {"custom_data": "c"}})") == "true");
  CHECK(has(R"({"vm": {"custom_data": "c"}, "ovf": {"enabled": false}})") == "false");
}

TEST_CASE("the document of a specialized VM has no user and no keys") {
  const Json document = imds_document(scenario_of(R"({"vm": {"specialized": true}})"), false);
  CHECK(document["compute"]["osProfile"]["adminUsername"] == "");
  CHECK(document["compute"]["osProfile"]["computerName"] == "");
  CHECK(document["compute"]["publicKeys"] == Json::array());
}

TEST_CASE("the instance document can speak for another VM, and lack parts") {
  const Json document =
      imds_document(scenario_of(R"({"imds": {"vm_id": "11111111-2222-4333-8444-555555555555",
                               "omit": ["network", "extended"]}})"),
                    true);
  CHECK(document["compute"]["vmId"] == "11111111-2222-4333-8444-555555555555");
  CHECK(document.size() == 1);
}

TEST_CASE("IMDS answers each kind of request with the right status and body") {
  const Scenario scenario = scenario_of(R"({"vm": {"name": "vm-1", "data_disks": [5]},
      "imds": {"api_versions": ["2023-11-15", "2021-12-13", "2021-08-01", "2019-06-01"]}})");
  constexpr const char* kBadVersion =
      R"({"error":"Bad request. api-version is invalid or was not specified in the request.",)"
      R"("newest-versions":["2023-11-15","2021-12-13","2021-08-01"]})";
  struct Row {
    std::string target;
    int status;
    std::string body;
  };
  const Row rows[] = {
      {"/metadata/instance", 400, kBadVersion},
      {"/metadata/instance?api-version=2030-01-01", 400, kBadVersion},
      {"/metadata/instance/compute/name?api-version=2019-06-01&format=text", 200, "vm-1"},
      {"/metadata/instance/compute/name/?api-version=2019-06-01&format=text", 200, "vm-1"},
      {"/metadata/instance/compute/name?api-version=2019-06-01", 400,
       R"({"error":"Bad request. A leaf is available as text only: add format=text"})"},
      {"/metadata/instance/compute/osProfile?api-version=2023-11-15", 200,
       R"({"adminUsername":"azureuser","computerName":"vm-1",)"
       R"("disablePasswordAuthentication":"true"})"},
      {"/metadata/instance/network/interface/0/ipv4/ipAddress/0/privateIpAddress"
       "?api-version=2023-11-15&format=text",
       200, "10.0.0.4"},
      {"/metadata/instance?api-version=2023-11-15&format=text", 200, "compute/\nnetwork/"},
      {"/metadata/instance?api-version=2023-11-15&format=xml", 400,
       R"({"error":"Bad request. Format is invalid"})"},
      {"/metadata/instance/compute/nothing?api-version=2023-11-15", 404,
       R"({"error":"Not found"})"},
      {"/metadata/instance/network/interface/1?api-version=2023-11-15", 404,
       R"({"error":"Not found"})"},
      {"/metadata/instances?api-version=2023-11-15", 404, R"({"error":"Not found"})"},
      {"/", 404, R"({"error":"Not found"})"},
      {"/metadata/versions", 200,
       R"({"apiVersions":["2019-06-01","2021-08-01","2021-12-13","2023-11-15"]})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const Answer answer = answer_imds(scenario, get(row.target));
    CHECK(answer.status == row.status);
    CHECK(answer.body == row.body);
  }
}

TEST_CASE("IMDS refuses requests that were forwarded or lack the Metadata header") {
  const Scenario scenario = scenario_of("{}");
  Request plain = get("/metadata/instance?api-version=2023-11-15");
  CHECK(answer_imds(scenario, plain).status == 200);
  plain.headers.erase("metadata");
  CHECK(answer_imds(scenario, plain).status == 400);
  CHECK(answer_imds(scenario, plain).body ==
        R"({"error":"Bad request. Required metadata header not specified"})");
  Request forwarded = get("/metadata/instance?api-version=2023-11-15");
  forwarded.headers["x-forwarded-for"] = "10.0.0.9";
  CHECK(answer_imds(scenario, forwarded).status == 400);
  Request post = get("/metadata/instance?api-version=2023-11-15");
  post.method = "POST";
  CHECK(answer_imds(scenario, post).status == 405);
}

TEST_CASE("a body in the scenario replaces the instance document, even if it is not valid JSON") {
  const Scenario broken = scenario_of(R"({"imds": {"body": "{\"compute\": "}})");
  const Answer whole = answer_imds(broken, get("/metadata/instance?api-version=2023-11-15"));
  CHECK(whole.status == 200);
  CHECK(whole.body == "{\"compute\": ");
  CHECK(answer_imds(broken, get("/metadata/instance/compute?api-version=2023-11-15")).status ==
        404);

  const Scenario other = scenario_of(R"({"imds": {"body": {"compute": {"name": true}}}})");
  const Answer leaf =
      answer_imds(other, get("/metadata/instance/compute/name?api-version=2023-11-15&format=text"));
  CHECK(leaf.body == "true");
}

TEST_CASE("by default IMDS has the newest version and the version that WALinuxAgent requests") {
  const Scenario scenario = scenario_of("{}");
  for (const std::string version : {"2025-04-07", "2018-02-01"}) {
    CAPTURE(version);
    CHECK(answer_imds(scenario, get("/metadata/instance?api-version=" + version)).status == 200);
  }
}

TEST_CASE("a VM from a pool has the pool's values until its user's document was given") {
  PoolImds imds(scenario_of(R"({"vm": {"computer_name": "web-1", "admin_username": "ann",
                                       "pps_type": "Savable"},
    "pps": {"not_yet": 2, "status": 410, "stale": 1,
            "vm_id": "b0b0b0b0-5555-4666-8777-888888888888"}})"));
  const auto data = [&] {
    return imds.answer(get("/metadata/reprovisiondata?api-version=2019-06-01"));
  };
  const auto instance = [&] {
    return Json::parse(
        imds.answer(get("/metadata/instance?api-version=2021-08-01&extended=true")).body);
  };
  const auto user_of = [](const Json& document) {
    return document["compute"]["osProfile"]["adminUsername"].get<std::string>();
  };
  CHECK(user_of(instance()) == "pool");
  CHECK(data().status == 410);
  CHECK(data().status == 410);
  CHECK(instance()["extended"]["compute"]["ppsType"] == "Savable");
  const auto given = data();
  CHECK(given.status == 200);
  CHECK(given.body.find("ann") != std::string::npos);
  CHECK(given.body.find("Savable") == std::string::npos);
  CHECK(user_of(instance()) == "pool");  // stale
  const auto document = instance();
  CHECK(user_of(document) == "ann");
  CHECK(document["extended"]["compute"]["ppsType"] == "None");
  CHECK(document["compute"]["vmId"] == "b0b0b0b0-5555-4666-8777-888888888888");
  CHECK(data().status == 200);  // it stays
}

TEST_CASE("reprovisiondata keeps the rules of IMDS, and is only there for a VM from a pool") {
  PoolImds imds(scenario_of(R"({"vm": {"pps_type": "Running"}, "pps": {"not_yet": 0}})"));
  CHECK(imds.answer(get("/metadata/reprovisiondata")).status == 400);
  CHECK(imds.answer(get("/metadata/reprovisiondata?api-version=2021-08-01")).status == 400);
  auto bare = get("/metadata/reprovisiondata?api-version=2019-06-01");
  bare.headers.clear();
  CHECK(imds.answer(bare).status == 400);
  PoolImds none(scenario_of("{}"));
  CHECK(none.answer(get("/metadata/reprovisiondata?api-version=2019-06-01")).status == 404);
}

}  // namespace
}  // namespace azl::platform
