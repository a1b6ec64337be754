// The commands status, plan and report, and mistakes on the command line and in the configuration.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/system/json_schema.h"
#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("commands" * needs_root());

TEST_CASE("report, status and list match their schemas after any kind of boot") {
  const auto schema = Json::parse(read_file("docs/report-schema.json"));
  const std::vector<Json> scenarios = {
      Json::object(),
      R"({"vm": {"password": "Correct-Horse-7", "custom_data": "x"}})"_json,
      R"({"vm": {"admin_username": "root"}})"_json,
      R"({"vm": {"specialized": true}})"_json,
      R"({"wireserver": {"enabled": false}})"_json,
      R"({"imds": {"faults": [{"do": "status", "status": 500}]}})"_json,
  };
  const auto status_schema = Json::parse(read_file("docs/status-schema.json"));
  const auto boots_schema = Json::parse(read_file("docs/boots-schema.json"));
  const auto items_schema = Json::parse(read_file("docs/custom-data-schema.json"));
  const auto check = [&](Lab& lab) {
    const auto report = lab.report();
    CHECK(schema_errors(report, schema, schema) == Strings{});
    const auto run = lab.command({"status", "--format=json"});
    const auto status = Json::parse(run.out);
    CHECK(schema_errors(status, status_schema, status_schema) == Strings{});
    CHECK(status.at("exit_status") == run.status);
    CHECK(status.at("outcome") == report.at("outcome"));
    const auto boots = Json::parse(lab.command({"report", "--list", "--format=json"}).out);
    CHECK(schema_errors(boots, boots_schema, boots_schema) == Strings{});
    const auto items = Json::parse(lab.command({"custom-data", "list", "--format=json"}).out);
    CHECK(schema_errors(items, items_schema, items_schema) == Strings{});
  };
  for (const auto& scenario : scenarios) {
    CAPTURE(scenario);
    Lab lab(scenario);
    lab.configure(
        "[Imds]\nTimeoutWithMedia=500ms\n[Report]\nInlineTimeout=500ms\n"
        "LateTimeout=500ms\n");
    check(lab);
    (void)lab.run();
    check(lab);
    lab.reboot();
    check(lab);
  }
}

TEST_CASE("a boot is exported as a trace with a span for each stage, step, program and request") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  const auto exported = lab.command({"report", "--format=otlp"});
  INFO(exported);
  CHECK(exported.status == 0);
  CHECK(lab.command({"--report", "--format=otlp"}).out == exported.out);
  const auto document = Json::parse(exported.out);
  const auto& spans = document.at("resourceSpans")[0].at("scopeSpans")[0].at("spans");
  std::size_t expected = 1;  // the boot
  const auto report = lab.report();
  for (const auto& stage : report.at("stages")) {
    expected += 1 + stage.at("steps").size() + stage.at("attempts").size();
    for (const auto& step : stage.at("steps")) expected += step.at("tools").size();
  }
  CHECK(spans.size() == expected);
  CHECK(expected > 30);
}

TEST_CASE("status before the first boot says that the VM has not been provisioned") {
  Lab lab;
  const auto status = lab.command({"status"});
  CHECK(status.status == 3);
  CHECK(status.out == "azl-provision has not provisioned this VM\n");
  CHECK(lab.command({"status", "--guest-agent"}).status == 1);
  const auto report = lab.command({"report"});
  CHECK(report.status == 0);
  CHECK(report.out.starts_with("NO RECORD: "));
  CHECK(lab.command({"report", "--list"}).out == "no records\n");
}

TEST_CASE("status of a provisioned VM says when and by which agent") {
  Lab lab;
  CHECK(lab.run().status == 0);
  const auto status = lab.command({"status", "--wait"});
  CHECK(status.status == 0);
  CHECK(status.out == "provisioned at " +
                          lab.state().at("provisioned").at("at").get<std::string>() +
                          " by azl-provision\n");
  CHECK(lab.command({"status", "--guest-agent"}).status == 0);

  const auto long_form = lab.command({"status", "--long"});
  INFO(long_form);
  CHECK(long_form.status == 0);
  CHECK(long_form.out.starts_with("READY: " + status.out));
  for (const std::string part : {"\n  VM       ", "\n  Boot     ", "\n  Stages   local: ready, ",
                                 "\n           main: ready, ", "\n  Findings 0 warnings, "})
    CHECK_MESSAGE(long_form.out.find(part) != std::string::npos, part);
  CHECK(long_form.out.ends_with("\n  More     azl-provision --report --root=" + lab.root() + "\n"));
  const auto json = Json::parse(lab.command({"status", "--format=json", "--long"}).out);
  CHECK(json.at("sentence").get<std::string>() + "\n" == status.out);
  CHECK(json.at("stages").size() >= 2);
}

TEST_CASE("a wrong command line ends with 64 and says what was probably meant") {
  Lab lab;
  const std::pair<Strings, std::string> rows[] = {
      {{"statsu"}, "Did you mean 'status'?\n"},
      {{"status", "--wiat"}, "Did you mean '--wait'?\n"},
      {{"--reprot"}, "Did you mean '--report'?\n"},
      {{"report", "--formt=json"}, "Did you mean '--format'?\n"},
      {{"rubbish"}, ""},
      {{"report", "--format=xml"}, ""},
      {{"report", "--list", "--format=otlp"}, ""},
      {{"report", "--list", "--format=html"}, ""},
      {{"report", "--list", "--compare=-1"}, ""},
      {{"report", "--compare=-1", "--format=json"}, ""},
      {{"report", "--compare=-1", "--format=otlp"}, ""},
      {{"report", "--compare=-1", "--bundle=x"}, ""},
      {{"report", "--comapre=-1"}, "Did you mean '--compare'?\n"},
      {{"run", "--disk=sdd"}, ""},
      {{"config", "--check", "--defaults"}, ""},
      {{"run", "--stage=late"}, ""},
      {{"report", "--width=3"}, ""},
      {{"status", "--timeout=soon"}, ""},
      {{"status", "--format=xml"}, ""},
      {{"status", "--lnog"}, "Did you mean '--long'?\n"},
      {{"report", "--color=sometimes"}, ""},
      {{"plan", "--color=auto"}, ""},
      {{"deprovsion"}, "Did you mean 'deprovision'?\n"},
      {{"deprovision", "--format=xml"}, ""},
      {{"deprovision", "--usr"}, "Did you mean '--user'?\n"},
      {{"custom-data"}, ""},
      {{"custom-data", "erase"}, ""},
      {{"custom-data", "show"}, ""},
      {{"custom-data", "list", "runcmd"}, ""},
      {{"kvp"}, ""},
      {{"kvp", "erase"}, ""},
      {{"kvp", "dump", "--fromat=json"}, "Did you mean '--format'?\n"},
      {{"check-image", "--format=github"}, ""},
      {{"check-image", "--list", "--fix"}, ""},
      {{"check-image", "--fxi"}, "Did you mean '--fix'?\n"},
      {{}, ""},
  };
  const auto before = snapshot(lab.root());
  for (const auto& [words, suggestion] : rows) {
    const auto result = lab.command(words);
    INFO(result);
    CHECK(result.status == 64);
    CHECK(result.out.empty());
    CHECK(!result.err.empty());
    CHECK(result.err.ends_with(suggestion));
    CHECK((result.err.find("Did you mean") != std::string::npos) == !suggestion.empty());
    CHECK(differences(before, snapshot(lab.root())) == Strings{});
  }
}

TEST_CASE("config prints each value with its file and line, and says which lines are wrong") {
  Lab lab;
  lab.configure("[User]\nSudo=password\n");
  const auto good = lab.command({"config"});
  INFO(good);
  CHECK(good.status == 0);
  CHECK(good.err.empty());
  CHECK(good.out.find("[User]\n#Groups=wheel adm systemd-journal\n") != std::string::npos);
  CHECK(good.out.find(".conf:2\nSudo=password\n") != std::string::npos);
  CHECK(lab.command({"config", "--check"}).status == 0);
  CHECK(lab.command({"config", "--check"}).out.empty());
  CHECK(lab.command({"config", "--defaults"}).out.find("#Sudo=nopasswd\n") != std::string::npos);

  lab.configure("[User]\nSudoo=no\nShell=/bin/sh\n");
  for (const Strings& words : {Strings{"config"}, Strings{"config", "--check"}}) {
    const auto bad = lab.command(words);
    INFO(bad);
    CHECK(bad.status == 1);
    CHECK(bad.err.ends_with(
        ".conf:2: unknown key 'Sudoo' in section [User] is ignored; did you mean Sudo=?\n"));
  }
  CHECK(lab.command({"config"}).out.find(".conf:3\nShell=/bin/sh\n") != std::string::npos);
}

TEST_CASE("a mistyped key that would have taken sudo away degrades the boot") {
  Lab lab;
  lab.configure("[User]\nSudoo=no\n");
  CHECK(lab.run().status == 2);
  const auto report = lab.command({"report"});
  INFO(report);
  CHECK(report.out.find("did you mean Sudo=?") != std::string::npos);
}

TEST_CASE("plan asks the sources of the command line, not those of a tree's configuration") {
  Lab lab;
  CHECK(lab.run().status == 0);  // starts the platform
  const auto before = lab.requests("imds").size();
  lab.remove("var/lib/azl-provision");
  lab.configure("[Platform]\nImdsUrl=" + lab.imds_url() + "\nMediaPath=" + lab.media() + "\n");
  const auto refused = lab.command({"plan"});
  CHECK(Json::parse(refused.out).at("source").at("ovf") == false);
  CHECK(Json::parse(refused.out).at("source").at("imds").is_null());
  CHECK(lab.requests("imds").size() == before);

  const auto plan = lab.command({"plan", "--imds-url", lab.imds_url()});
  CHECK(plan.status == 0);
  CHECK(Json::parse(plan.out).at("source").at("imds").is_string());
  CHECK(lab.requests("imds").size() == before + 1);
  const auto from_media = lab.command({"plan", "--ovf", lab.media()});
  CHECK(Json::parse(from_media.out).at("source").at("ovf") == true);
}

TEST_CASE("the report works without root, and says what it could not read") {
  constexpr uid_t kNobody = 65534;
  Lab lab;
  if (lab.command({"--version"}, kNobody).out.empty()) {
    MESSAGE("skipped: other users can't run the program in the build directory");
    return;
  }
  CHECK(lab.run().status == 0);
  const auto report = lab.command({"report"}, kNobody);
  INFO(report);
  CHECK(report.status == 0);
  CHECK(report.out.starts_with("READY: "));
  CHECK(report.out.find("\nNot seen\n") != std::string::npos);
  CHECK(report.out.find("only root can read") != std::string::npos);
  CHECK(lab.command({"status"}, kNobody).status == 0);
  const auto run = lab.command({"run"}, kNobody);
  CHECK(run.status == 1);
  CHECK(run.err.find("only root") != std::string::npos);
}

TEST_CASE("an item is not carried out again where the agent is switched off") {
  Lab lab;
  CHECK(lab.command({"custom-data", "rerun", "runcmd"}).status == 1);
  lab.write("etc/azl-provision/disabled", "");
  const auto refused = lab.command({"custom-data", "rerun", "runcmd"});
  INFO(refused);
  CHECK(refused.status == lab.command({"run"}).status);
  CHECK(refused.status == 3);
  CHECK(refused.out.empty());
  CHECK(contains(refused.err, "switched off by /etc/azl-provision/disabled"));
}

TEST_CASE("custom-data works without root, and says what it could not read") {
  constexpr uid_t kNobody = 65534;
  Lab lab(R"({"vm": {"custom_data": "#cloud-config\nbootcmd: [echo x]\n"}})"_json);
  if (lab.command({"--version"}, kNobody).out.empty()) {
    MESSAGE("skipped: other users can't run the program in the build directory");
    return;
  }
  CHECK(lab.run().status == 0);
  const auto missing = lab.command({"custom-data", "show", "no-such"}, kNobody);
  INFO(missing);
  CHECK(missing.status == 1);
  CHECK(contains(missing.err, "run this with sudo"));
}

TEST_CASE("plan shows what custom data will do, and what is wrong with it, but no value") {
  Lab lab(Json{{"vm",
                {{"custom_data",
                  "## template: jinja\n#cloud-config\nruncmd: [echo hunter2]\n"
                  "write_files:\n  - path: /etc/{{ v1.local_hostname }}\n    content: hunter2\n"
                  "run_cmd: [hunter2]\n"},
                 {"name", "web-1"}}}});
  const auto result = lab.command({"plan", "--ovf", lab.media()});
  CHECK(!contains(result.out, "hunter2"));
  const auto plan = Json::parse(result.out);
  const auto& items = plan["custom_data"]["items"];
  REQUIRE(items.size() == 2);
  CHECK(items[0]["id"] == "write_files/1");
  CHECK(items[0]["phase"] == "early");
  CHECK(contains(items[0]["what"].get<std::string>(), "write /etc/web-1 ("));
  CHECK(items[1]["id"] == "runcmd");
  CHECK(items[1]["repeat"] == "once");
  CHECK(contains(plan["warnings"].dump(), "run_cmd"));
}

TEST_CASE("a plan from files has a reason for each decision, and changes nothing") {
  Lab lab(
      Json{{"vm", {{"password", "Correct-Horse-7"}}},
           {"ovf",
            {{"user_name", "ida"}, {"provision_guest_agent", false}, {"host_name", "from-ovf"}}}});
  const auto imds = lab.media() + "/instance.json";
  auto body = instance(R"({"adminUsername": "ida", "computerName": "from-imds",
                           "disablePasswordAuthentication": "true"})"_json,
                       {public_key(1), "no key"});
  body["compute"]["vmId"] = "0AA8E8F2-54A8-4A4B-9A2C-3A4F9C1D7E60";
  std::ofstream(imds) << body;
  const auto before = snapshot(lab.root());
  const auto result = lab.command({"plan", "--imds", imds, "--ovf", lab.media()});
  INFO(result);
  CHECK(result.status == 0);
  CHECK(differences(before, snapshot(lab.root())) == Strings{});
  CHECK(result.out.find("Correct-Horse") == std::string::npos);

  const auto plan = Json::parse(result.out);
  CHECK(plan.at("schema_version") == 1);
  CHECK(plan.at("vm_id") == "0aa8e8f2-54a8-4a4b-9a2c-3a4f9c1d7e60");
  CHECK(plan.at("source").at("ovf") == true);
  CHECK(plan.at("course").at("value") == "provision");
  CHECK(plan.at("hostname").at("value") == "from-imds");
  CHECK(plan.at("hostname").at("why") == "IMDS osProfile.computerName");
  CHECK(plan.at("user").at("name") == "ida");
  CHECK(plan.at("user").at("why") == "IMDS osProfile.adminUsername");
  CHECK(plan.at("user").at("groups") == R"(["wheel", "adm", "systemd-journal"])"_json);
  CHECK(plan.at("user").at("password") == "set");
  REQUIRE(plan.at("user").at("ssh_keys").size() == 1);
  const auto& key = plan.at("user").at("ssh_keys")[0];
  CHECK(key.at("type") == "ssh-ed25519");
  CHECK(key.at("fingerprint").get<std::string>().starts_with("SHA256:"));
  CHECK(plan.at("sshd").at("password_authentication") == false);
  CHECK(plan.at("host_keys").at("replace") == true);
  CHECK(plan.at("machine_id").at("renew") == false);
  CHECK(plan.at("hand_over").at("guest_agent") == false);
  CHECK(plan.at("warnings").size() == 1);
  for (const std::string part : {"course", "hostname", "user", "sshd", "host_keys", "machine_id",
                                 "hand_over", "custom_data"})
    CHECK_MESSAGE(!plan.at(part).at("why").get<std::string>().empty(), part);
  CHECK_FALSE(key.at("why").get<std::string>().empty());
}

TEST_CASE("plan ends with 1 if it would refuse the VM or an input file is missing") {
  Lab lab(R"({"vm": {"admin_username": "root"}})"_json);
  const auto refused = lab.command({"plan", "--ovf", lab.media()});
  CHECK(refused.status == 1);
  const auto plan = Json::parse(refused.out);
  CHECK(plan.at("course").at("value") == "refused");
  CHECK(plan.at("user").is_null());
  CHECK(plan.at("source").at("imds").is_null());

  for (const std::string option : {"--imds", "--ovf"}) {
    CAPTURE(option);
    const auto missing = lab.command({"plan", option, "/nonexistent/file"});
    CHECK(missing.status == 1);
    CHECK(missing.out.empty());
    CHECK(missing.err.find("/nonexistent/file") != std::string::npos);
  }
}

TEST_CASE("earlier boots are listed, and are selected by number or id") {
  Lab lab(R"({"vm": {"vm_id": "a0a0a0a0-1111-4222-8333-444444444444", "name": "host-a"}})"_json);
  CHECK(lab.run().status == 0);
  const auto first_id = lab.report().at("boot_id").get<std::string>();
  lab.become(R"({"vm": {"vm_id": "b0b0b0b0-5555-4666-8777-888888888888", "name": "host-b"}})"_json);
  CHECK(lab.run().status == 0);
  const auto second_id = lab.report().at("boot_id").get<std::string>();
  CHECK(first_id != second_id);

  const auto list = lab.command({"report", "--list"});
  INFO(list);
  CHECK(std::ranges::count(list.out, '\n') == 2);
  CHECK(list.out.starts_with("  -1  " + first_id));
  CHECK(list.out.find("\n   0  " + second_id) != std::string::npos);
  CHECK(list.out.find("main: ready") != std::string::npos);

  const auto json = Json::parse(lab.command({"report", "--list", "--format=json"}).out);
  REQUIRE(json.at("boots").size() == 2);
  CHECK(json.at("boots")[0].at("boot") == -1);
  CHECK(json.at("boots")[0].at("boot_id") == first_id);
  CHECK(json.at("boots")[0].at("outcome") == "ready");
  CHECK(json.at("boots")[1].at("boot_id") == second_id);
  CHECK(json.at("boots")[1].at("running") == true);

  for (const auto& which : Strings{"--boot=-1", "--boot=" + first_id}) {
    CAPTURE(which);
    const auto report = lab.command({"--report", which});
    INFO(report);
    CHECK(report.status == 0);
    CHECK(report.out.find("host-a") != std::string::npos);
    CHECK(report.out.find("host-b") == std::string::npos);
  }
  CHECK(lab.command({"report", "--boot=0"}).out.find("host-b") != std::string::npos);
  for (const std::string which : {"--boot=-2", "--boot=1", "--boot=yesterday", "--boot="}) {
    CAPTURE(which);
    const auto refused = lab.command({"report", which});
    CHECK(refused.status == (which == "--boot=" ? 64 : 1));
    CHECK(refused.out.empty());
    CHECK_FALSE(refused.err.empty());
  }
}

TEST_CASE("a report can be written to a file, and its lines fit the width") {
  Lab lab(R"({"imds": {"faults": [{"request": 1, "do": "status", "status": 503}]}})"_json);
  CHECK(lab.run().status == 0);
  const auto file = lab.media() + "/report.txt";
  const auto result = lab.command({"report", "--width=60", "-o", file});
  CHECK(result.status == 0);
  CHECK(result.out.empty());
  std::istringstream lines(read_file(file));
  std::string line;
  std::getline(lines, line);
  CHECK(line.starts_with("READY: "));
  while (std::getline(lines, line)) {
    CHECK(line.find('\x1b') == std::string::npos);
    // Long words, such as the URLs of requests, are not broken.
    if (line.find("/metadata/") == std::string::npos && !line.starts_with("Stage "))
      CHECK_MESSAGE(line.size() <= 80, line);
  }
}

TEST_CASE("a mistake in the configuration is a note with file and line, and the boot succeeds") {
  Lab lab;
  lab.configure(
      "[Report]\n# a comment\nColour=blue\nConsole=often\nthis is no line\n[Disk]\nX=1\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.findings() == Strings{"note config", "note config", "note config", "note config"});
  const auto text = lab.stage().at("findings").dump();
  for (const std::string line : {"3", "4", "5", "7"}) {
    const auto place = "/etc/azl-provision/azl-provision.conf.d/0.conf:" + line + ": ";
    CHECK_MESSAGE(text.find(place) != std::string::npos, place);
  }
}

TEST_CASE("the log for debugging says what is asked, run and decided") {
  Lab lab;
  const auto quiet = lab.run();
  CHECK(quiet.status == 0);
  CHECK_FALSE(contains(quiet.err, " debug: "));
  Lab other;
  other.configure("[Report]\nLogLevel=debug\n");
  const auto run = other.run();
  INFO(run);
  CHECK(run.status == 0);
  for (const auto* part :
       {"imds debug: GET http://127.0.0.1:", "; Metadata: true", ": 200 ok, ",
        "base debug: started useradd ", "base debug: useradd: status 0 after ",
        "provision info: decide: begins: ",
        "provision debug: configuration: [Report] LogLevel=debug (", "provision debug: plan: {"})
    CHECK_MESSAGE(contains(run.err, part), part);
  CHECK_FALSE(contains(run.err, "trace: "));
  CHECK_FALSE(contains(run.err, "\x1b["));  // not a terminal
}

TEST_CASE("a plan logs only if it is asked to, and the log leaves its output alone") {
  Lab lab;
  lab.configure("[Report]\nLogLevel=debug\n");
  const auto plain = lab.command({"plan", "--ovf", lab.media()});
  CHECK(plain.err.empty());
  const auto logged = lab.command({"plan", "-v", "--ovf", lab.media()});
  CHECK(logged.out == plain.out);
  CHECK(contains(logged.err, " debug: "));
  CHECK(lab.command({"plan", "--log-level=loud"}).status == 64);
  CHECK(lab.command({"plan", "-v", "--log-level=info"}).status == 64);
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
