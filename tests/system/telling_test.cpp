// Health reports to the platform: contents, protocols, and what happens if nothing accepts them.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "tests/system/json_schema.h"
#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("telling" * needs_root());

/// Returns "METHOD TARGET STATUS" for each request to the WireServer.
Strings conversation(const Lab& lab) {
  Strings list;
  for (const auto& request : lab.requests("wireserver"))
    list.push_back(request.at("method").get<std::string>() + " " +
                   request.at("target").get<std::string>() + " " +
                   std::to_string(request.at("status").get<int>()));
  return list;
}

Json wireserver(const Json& options) { return Json{{"wireserver", options}}; }

const std::string kJson = "POST /provisioning/health ";
const std::string kGoalState = "GET /machine/?comp=goalstate ";
const std::string kXml = "POST /machine/?comp=health ";

struct Talk {
  std::string what;
  Json wireserver;
  const char* protocol;  ///< the setting HealthProtocol=
  Strings requests;
  const char* delivered_by;
};

TEST_CASE("Ready is told by JSON, or by XML if JSON is not accepted") {
  const std::vector<Talk> rows = {
      {"both are supported", R"({})"_json, "auto", {kJson + "201"}, "json"},
      {"JSON is not supported",
       R"({"json_health": false})"_json,
       "auto",
       {kJson + "404", kGoalState + "200", kXml + "200"},
       "xml"},
      {"JSON is refused",
       R"({"faults": [{"match": "/provisioning", "do": "status", "status": 400}]})"_json,
       "auto",
       {kJson + "400", kGoalState + "200", kXml + "200"},
       "xml"},
      {"JSON is throttled by 403",
       R"({"faults": [{"match": "/provisioning", "do": "status", "status": 403}]})"_json,
       "auto",
       {kJson + "403", kGoalState + "200", kXml + "200"},
       "xml"},
      {"JSON answers 503 once",
       R"({"faults": [{"request": 1, "do": "status", "status": 503}]})"_json,
       "auto",
       {kJson + "503", kJson + "201"},
       "json"},
      {"JSON answers 503 twice",
       R"({"faults": [{"match": "/provisioning", "do": "status", "status": 503}]})"_json,
       "auto",
       {kJson + "503", kJson + "503", kGoalState + "200", kXml + "200"},
       "xml"},
      {"both protocols answer 503 for a while",
       R"({"faults": [{"request": "1-3", "do": "status", "status": 503}]})"_json,
       "auto",
       {kJson + "503", kJson + "503", kGoalState + "503", kGoalState + "200", kXml + "200"},
       "xml"},
      {"only XML is configured", R"({})"_json, "xml", {kGoalState + "200", kXml + "200"}, "xml"},
      {"only JSON is configured, and it is throttled",
       R"({"faults": [{"request": "1-3", "do": "status", "status": 429, "retry_after": 1}]})"_json,
       "json",
       {kJson + "429", kJson + "429", kJson + "429", kJson + "201"},
       "json"},
      {"the incarnation changes",
       R"({"new_incarnation_after": 1})"_json,
       "xml",
       {kGoalState + "200", kXml + "410", kGoalState + "200", kXml + "200"},
       "xml"},
      {"connections are reset",
       R"({"faults": [{"request": 1, "do": "reset"}, {"request": 2, "do": "close"}]})"_json,
       "json",
       {kJson + "0", kJson + "0", kJson + "201"},
       "json"},
      {"the goal state is garbage once",
       R"({"faults": [{"nth": 1, "match": "/machine/?comp=goalstate", "do": "garbage"}]})"_json,
       "xml",
       {kGoalState + "200", kGoalState + "200", kXml + "200"},
       "xml"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Lab lab(wireserver(row.wireserver));
    lab.configure(std::string("[Platform]\nHealthProtocol=") + row.protocol + "\n");
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(conversation(lab) == row.requests);
    CHECK(lab.told() == "Ready");
    CHECK(lab.state().at("reported").at("protocol") == row.delivered_by);
    CHECK_FALSE(lab.state().contains("untold"));
    const auto told = lab.stage().at("told").back();
    CHECK(told.at("how") == row.delivered_by);
    CHECK(told.at("delivered") == true);
  }
}

TEST_CASE("an XML report has the required headers and the ids of the goal state") {
  Lab lab(R"({"wireserver": {"json_health": false, "incarnation": "7"}})"_json);
  CHECK(lab.run().status == 0);
  const auto requests = lab.requests("wireserver");
  REQUIRE(requests.size() == 3);
  for (const std::size_t i : {1U, 2U}) {
    CHECK(requests[i].at("headers").at("x-ms-agent-name") == "azl-provision");
    CHECK(requests[i].at("headers").at("x-ms-version") == "2012-11-30");
  }
  CHECK(requests[2].at("headers").at("content-type") == "text/xml;charset=utf-8");
  const auto body = requests[2].at("body").get<std::string>();
  INFO(body);
  for (const std::string part :
       {"<GoalStateIncarnation>7</GoalStateIncarnation>",
        "<ContainerId>c8e665de-aae5-4c7a-9952-ce552b850ab2</ContainerId>",
        "<InstanceId>7b58e1f4-19e3-4957-801d-8e67a1807438._azl-vm</InstanceId>",
        "<Health><State>Ready</State></Health>"})
    CHECK_MESSAGE(body.find(part) != std::string::npos, part);
}

TEST_CASE("the text of a failure is shortened and escaped in XML") {
  auto body = instance(R"({"adminUsername": "<&\"'\n> far too much of everything"})"_json);
  Lab lab(Json{{"wireserver", {{"json_health", false}}},
               {"imds", {{"body", body}}},
               {"ovf", {{"enabled", false}}}});
  const auto run = lab.run();
  lab.check_refused(run, "user-name");
  const auto report = lab.requests("wireserver").back().at("body").get<std::string>();
  CHECK(report.find("<State>NotReady</State><Details><SubStatus>ProvisioningFailed</SubStatus>") !=
        std::string::npos);
  const auto description = lab.told_description();
  CHECK(description.find_first_of("<>\n") == std::string::npos);
  CHECK(description.find("&lt;&amp;") != std::string::npos);
  CHECK(description.size() <= 4096);
}

TEST_CASE("the text of a failure has at most 512 characters") {
  std::string name;
  for (int i = 0; i < 120; ++i) name += "\xc3\xa4";  // two bytes each in UTF-8
  Lab lab(Json{{"vm", {{"admin_username", name}}}});
  const auto run = lab.run();
  lab.check_refused(run, "user-name");
  std::size_t characters = 0;
  for (const char c : lab.told_description())
    characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  CHECK(characters <= 512);
}

struct Silence {
  std::string what;
  Json wireserver;
};

std::vector<Silence> silences() {
  return {{"refuses connections", R"({"enabled": false})"_json},
          {"hangs", R"({"faults": [{"do": "hang"}]})"_json},
          {"answers 503", R"({"faults": [{"do": "status", "status": 503}]})"_json},
          {"refuses both protocols", R"({"faults": [{"do": "status", "status": 400}]})"_json}};
}

TEST_CASE("an undelivered Ready is delivered later, and nothing is provisioned again") {
  for (const auto& row : silences()) {
    CAPTURE(row.what);
    Lab lab(wireserver(row.wireserver));
    lab.configure("[Report]\nInlineTimeout=700ms\nLateTimeout=700ms\n");
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 2);
    CHECK(run.took < std::chrono::seconds(50));
    CHECK(lab.told().empty());
    CHECK(lab.kvp().at("result") == "success");
    CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
    CHECK(lab.read("var/lib/waagent/provisioned") == "6b53fe79-c00b-4abe-9387-43fae70865fb\n");
    CHECK(lab.state().contains("provisioned"));
    CHECK(lab.state().at("untold").at("ready") == true);
    CHECK_FALSE(lab.state().contains("reported"));
    const auto found = lab.findings();
    REQUIRE(found.size() == 1);
    CHECK((found[0] == "degraded not-reported" || found[0] == "degraded wireserver"));
    CHECK(lab.outcome("health", "report") == "failed");
    const auto text = lab.report_text();
    CHECK(text.find("The platform has not been told \"Ready\" yet.") != std::string::npos);
    CHECK(text.find("NOT DELIVERED") != std::string::npos);
    CHECK(lab.command({"status"}).status == 2);
    CHECK(lab.command({"status", "--guest-agent"}).status == 1);

    lab.restart_platform(wireserver(Json::object()));
    const auto machine = snapshot(lab.path("etc"));
    const auto late = lab.run({.stage = "report"});
    INFO(late);
    CHECK(late.status == 0);
    CHECK(lab.told() == "Ready");
    CHECK(lab.state().at("reported").at("ready") == true);
    CHECK_FALSE(lab.state().contains("untold"));
    CHECK(lab.command({"status", "--guest-agent"}).status == 0);

    const auto requests = lab.requests().size();
    for (const std::string stage : {"local", "main", "report"}) {
      const auto later = lab.run({.stage = stage});
      INFO(later);
      CHECK(later.status == 0);
    }
    CHECK(lab.requests().size() == requests);
    CHECK(differences(machine, snapshot(lab.path("etc"))) == Strings{});
  }
}

TEST_CASE("the main stage of the next boot delivers an undelivered Ready, without asking IMDS") {
  Lab lab(R"({"wireserver": {"enabled": false}})"_json);
  lab.configure("[Report]\nInlineTimeout=500ms\nLateTimeout=500ms\n");
  CHECK(lab.run().status == 2);
  const auto asked = lab.requests("imds").size();
  lab.reboot().restart_platform(wireserver(Json::object()));
  const auto machine = snapshot(lab.path("etc"));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.told() == "Ready");
  CHECK(lab.requests("imds").size() == asked);
  CHECK(conversation(lab) == Strings{kJson + "201"});
  CHECK(differences(machine, snapshot(lab.path("etc"))) == Strings{});
}

TEST_CASE("an undelivered NotReady is delivered later with its cause") {
  Lab lab(R"({"vm": {"admin_username": "root"}, "wireserver": {"enabled": false}})"_json);
  lab.configure("[Report]\nInlineTimeout=500ms\nLateTimeout=500ms\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 1);
  CHECK(lab.kvp().at("result") == "error");
  CHECK(lab.state().at("untold").at("ready") == false);
  CHECK(lab.report_text().find("The platform has not been told \"NotReady\" yet.") !=
        std::string::npos);

  lab.restart_platform(wireserver(Json::object()));
  const auto late = lab.run({.stage = "report"});
  INFO(late);
  CHECK(lab.told() == "NotReady");
  CHECK(lab.told_description().find("'root'") != std::string::npos);
  CHECK(lab.told_description().find("adminUsername") != std::string::npos);
  CHECK_FALSE(lab.state().contains("untold"));
  CHECK(lab.state().at("reported").at("ready") == false);
  CHECK_FALSE(lab.state().contains("provisioned"));
  CHECK(lab.command({"status"}).status == 1);
}

TEST_CASE("an undelivered NotReady is delivered later even if there was neither IMDS nor media") {
  Lab lab(R"({"imds": {"enabled": false}, "ovf": {"enabled": false},
              "wireserver": {"enabled": false}})"_json);
  lab.configure("[Imds]\nTimeout=500ms\n[Report]\nInlineTimeout=500ms\nLateTimeout=500ms\n");
  CHECK(lab.run().status == 1);
  lab.restart_platform(wireserver(Json::object()));
  const auto late = lab.run({.stage = "report"});
  INFO(late);
  CHECK(lab.told() == "NotReady");
  CHECK(lab.told_description().find("IMDS") != std::string::npos);
}

TEST_CASE("a successful boot after an undelivered NotReady tells only Ready") {
  Lab lab(R"({"imds": {"enabled": false}, "ovf": {"enabled": false},
              "wireserver": {"enabled": false}})"_json);
  lab.configure("[Imds]\nTimeout=500ms\n[Report]\nInlineTimeout=500ms\nLateTimeout=500ms\n");
  CHECK(lab.run().status == 1);
  lab.reboot().restart_platform(R"({"imds": {}, "wireserver": {}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(conversation(lab) == Strings{kJson + "201"});
  CHECK(lab.told() == "Ready");
}

TEST_CASE("proxy variables in the environment are ignored") {
  const UniqueFd trap(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(trap.get(), generic, length) == 0);
  REQUIRE(listen(trap.get(), 8) == 0);
  REQUIRE(getsockname(trap.get(), generic, &length) == 0);
  const auto url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  RunOptions options;
  for (const std::string name :
       {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    options.environment.push_back(name + "=" + url);
  Lab lab;
  const auto run = lab.run(options);
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.requests().size() == 2);
  pollfd visitor{.fd = trap.get(), .events = POLLIN, .revents = 0};
  CHECK(poll(&visitor, 1, 0) == 0);
}

TEST_CASE("a tree is provisioned without a WireServer, and the report says NOT DELIVERED") {
  Lab lab;
  const auto run = lab.run({.wireserver = false});
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.told().empty());
  CHECK(lab.outcome("health") == "skipped");
  CHECK(lab.report_text().find("NOT DELIVERED") != std::string::npos);
}

TEST_CASE("a stage beside provisioning that still runs does not hide a failure") {
  Lab lab;
  lab.obstruct("etc/ssh/ssh_host_ed25519_key");
  lab.check_failed(lab.run(), "host-keys");
  // As stage disks, which never runs for a tree, leaves them.
  auto boot_id = lab.read("proc/sys/kernel/random/boot_id");
  boot_id.pop_back();
  lab.write("run/azl-provision/disks.json",
            Json{{"schema_version", 1},
                 {"stage", "disks"},
                 {"boot_id", boot_id},
                 {"outcome", "running"},
                 {"steps", {{{"name", "set-up"}, {"outcome", "running"}}}}}
                .dump());
  lab.write("run/azl-provision/disks.lock", "1\n");
  {
    const UniqueFd lock(open(lab.path("run/azl-provision/disks.lock").c_str(), O_RDONLY));
    REQUIRE(flock(lock.get(), LOCK_EX) == 0);
    const auto text = lab.report_text();
    CHECK(text.starts_with("FAILED at step \"host-keys\""));
    CHECK(text.find("\nStill running: stage disks, step \"set-up\".\n") != std::string::npos);
    CHECK(lab.report().at("outcome") == "failed");
  }
  const auto text = lab.report_text();
  CHECK(text.starts_with("FAILED at step \"host-keys\""));
  CHECK(text.find("\nInterrupted: stage disks, step \"set-up\".") != std::string::npos);
}

TEST_SUITE_END();

TEST_CASE("the host gets an event for each step, and kvp dump prints them") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  const auto dump = lab.command({"kvp", "dump", "--format=json"});
  INFO(dump);
  REQUIRE(dump.status == 0);
  const auto pool = Json::parse(dump.out);
  const auto schema = Json::parse(read_file("docs/kvp-schema.json"));
  CHECK(schema_errors(pool, schema, schema) == Strings{});
  std::map<std::string, std::string> results;  // of the ends, by name
  int starts = 0;
  for (const auto& record : pool.at("records")) {
    const auto key = record.at("key").get<std::string>();
    if (key == "PROVISIONING_REPORT") continue;
    const auto event = Json::parse(record.at("value").get<std::string>());
    const auto name = event.at("name").get<std::string>();
    CHECK(key.find("|" + event.at("type").get<std::string>() + "|" + name + "|") !=
          std::string::npos);
    if (event.at("type") == "start")
      ++starts;
    else
      results[name] = event.at("result");
  }
  CHECK(starts == static_cast<int>(results.size()));
  for (const std::string stage : {"local", "main"}) {
    for (const auto& step : lab.stage(stage).at("steps")) {
      const auto name = step.at("name").get<std::string>();
      CAPTURE(name);
      if (name == "kvp") break;  // it writes the events of those before it
      CHECK(results["azl-provision/" + stage + "/" + name] == "SUCCESS");
    }
  }
  CHECK(lab.command({"kvp", "dump"}).out.starts_with("PROVISIONING_REPORT\n  result=success|"));

  Lab quiet;
  quiet.configure("[Report]\nKvpEvents=no\n");
  REQUIRE(quiet.run().status == 0);
  const auto without = Json::parse(quiet.command({"kvp", "dump", "--format=json"}).out);
  CHECK(without.at("records").size() == 1);
}

TEST_CASE("kvp dump says what is wrong with a pool") {
  Lab lab;
  lab.write("var/lib/hyperv/.kvp_pool_1", std::string("K\0", 2) + std::string(3000, '\x1b'));
  const auto damaged = lab.command({"kvp", "dump"});
  INFO(damaged);
  CHECK(damaged.status == 2);
  CHECK(damaged.out.find("  ! no NUL ends the value\n") != std::string::npos);
  CHECK(damaged.out.find("! half a record at the end: 442 bytes of 2560\n") != std::string::npos);
  CHECK(damaged.out.find('\x1b') == std::string::npos);
  lab.remove("var/lib/hyperv/.kvp_pool_1");
  const auto none = lab.command({"kvp", "dump"});
  CHECK(none.status == 1);
  CHECK(none.err.starts_with("azl-provision: there is no /var/lib/hyperv/.kvp_pool_1\n"));
}

}  // namespace
}  // namespace azl::test
