// status, plan, report, and what the command line does with mistakes.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("commands" * needs_root());

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  throw std::runtime_error("the schema has a type unknown to this test: " + type);
}

/// Where a value is not what a JSON schema says; the keywords that ours uses.
Strings complaints(const Json& value, const Json& schema, const Json& whole,
                   const std::string& where = "") {
  if (schema.contains("$ref")) {
    const auto target = schema.at("$ref").get<std::string>().substr(1);  // without '#'
    return complaints(value, whole.at(Json::json_pointer(target)), whole, where);
  }
  Strings list;
  const auto complain = [&](const std::string& what) { list.push_back(where + ": " + what); };
  if (schema.contains("const") && value != schema.at("const")) complain("is not the constant");
  if (schema.contains("enum") &&
      std::ranges::find(schema.at("enum"), value) == schema.at("enum").end())
    complain(value.dump() + " is none of the words");
  if (schema.contains("type") && !has_type(value, schema.at("type"))) {
    complain("is no " + schema.at("type").get<std::string>());
    return list;
  }
  if (schema.contains("oneOf")) {
    const auto fits = std::ranges::count_if(schema.at("oneOf"), [&](const Json& each) {
      return complaints(value, each, whole, where).empty();
    });
    if (fits != 1) complain("fits " + std::to_string(fits) + " of the choices");
  }
  const auto add = [&](Strings more) { list.insert(list.end(), more.begin(), more.end()); };
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i)
      add(complaints(value[i], schema.at("items"), whole, where + "/" + std::to_string(i)));
  }
  if (!value.is_object() || !schema.contains("properties")) return list;
  for (const auto& name : schema.value("required", Json::array())) {
    if (!value.contains(name)) complain("lacks " + name.get<std::string>());
  }
  for (const auto& [name, member] : value.items()) {
    if (!schema.at("properties").contains(name)) {
      complain("has " + name + ", which is not documented");
    } else {
      add(complaints(member, schema.at("properties").at(name), whole, where + "/" + name));
    }
  }
  return list;
}

TEST_CASE("the JSON report is what its schema says, however the boot went") {
  const auto schema = Json::parse(read_file("docs/report-schema.json"));
  const std::vector<Json> scenarios = {
      Json::object(),
      R"({"vm": {"password": "Correct-Horse-7", "custom_data": "x"}})"_json,
      R"({"vm": {"admin_username": "root"}})"_json,
      R"({"vm": {"specialized": true}})"_json,
      R"({"wireserver": {"enabled": false}})"_json,
      R"({"imds": {"faults": [{"do": "status", "status": 500}]}})"_json,
  };
  for (const auto& scenario : scenarios) {
    CAPTURE(scenario);
    Lab lab(scenario);
    lab.configure(
        "[Imds]\nTimeoutWithMedia=500ms\n[Report]\nInlineTimeout=500ms\n"
        "LateTimeout=500ms\n");
    CHECK(complaints(lab.report(), schema, schema) == Strings{});
    (void)lab.run();
    CHECK(complaints(lab.report(), schema, schema) == Strings{});
    lab.reboot();
    CHECK(complaints(lab.report(), schema, schema) == Strings{});
  }
}

TEST_CASE("status before the first boot says that nothing was provisioned here") {
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

TEST_CASE("status of a provisioned VM says when and by whom") {
  Lab lab;
  CHECK(lab.run().status == 0);
  const auto status = lab.command({"status", "--wait"});
  CHECK(status.status == 0);
  CHECK(status.out == "provisioned at " +
                          lab.state().at("provisioned").at("at").get<std::string>() +
                          " by azl-provision\n");
  CHECK(lab.command({"status", "--guest-agent"}).status == 0);
}

TEST_CASE("the report needs no root, and says what it could not see") {
  constexpr uid_t kNobody = 65534;
  Lab lab;
  if (lab.command({"--version"}, kNobody).out.empty()) {
    MESSAGE("skipped: another user can't run the program where it was built");
    return;
  }
  CHECK(lab.run().status == 0);
  const auto report = lab.command({"report"}, kNobody);
  INFO(report);
  CHECK(report.status == 0);
  CHECK(report.out.starts_with("READY: "));
  CHECK(report.out.find("\nNot seen\n") != std::string::npos);
  CHECK(report.out.find("root only") != std::string::npos);
  CHECK(lab.command({"status"}, kNobody).status == 0);
  const auto run = lab.command({"run"}, kNobody);
  CHECK(run.status == 1);
  CHECK(run.err.find("only root") != std::string::npos);
}

TEST_CASE("a plan from files says each decision with its reason, and touches nothing") {
  Lab lab(Json{{"vm", {{"password", "Correct-Horse-7"}}},
               {"ovf", {{"provision_guest_agent", false}, {"host_name", "from-ovf"}}}});
  const auto imds = lab.media() + "/instance.json";
  auto body = instance(R"({"adminUsername": "ida", "computerName": "from-imds",
                           "disablePasswordAuthentication": "true"})"_json,
                       {public_key(1), "no key"});
  body["compute"]["vmId"] = "0AA8E8F2-54A8-4A4B-9A2C-3A4F9C1D7E60";
  std::ofstream(imds) << body;
  const auto before = snapshot(lab.root());
  const auto said = lab.command({"plan", "--imds", imds, "--ovf", lab.media()});
  INFO(said);
  CHECK(said.status == 0);
  CHECK(differences(before, snapshot(lab.root())) == Strings{});
  CHECK(said.out.find("Correct-Horse") == std::string::npos);

  const auto plan = Json::parse(said.out);
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
  for (const std::string part :
       {"course", "hostname", "user", "sshd", "host_keys", "machine_id", "hand_over"})
    CHECK_MESSAGE(!plan.at(part).at("why").get<std::string>().empty(), part);
  CHECK_FALSE(key.at("why").get<std::string>().empty());
}

TEST_CASE("a plan that is to refuse ends with 1, and so does one of files that are not there") {
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

TEST_CASE("earlier boots are listed, and chosen by number or id") {
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
    CHECK(refused.status == 1);
    CHECK(refused.out.empty());
    CHECK_FALSE(refused.err.empty());
  }
}

TEST_CASE("a report can be written to a file, and fits its width") {
  Lab lab(R"({"imds": {"faults": [{"request": 1, "do": "status", "status": 503}]}})"_json);
  CHECK(lab.run().status == 0);
  const auto file = lab.media() + "/report.txt";
  const auto said = lab.command({"report", "--width=60", "-o", file});
  CHECK(said.status == 0);
  CHECK(said.out.empty());
  std::istringstream lines(read_file(file));
  std::string line;
  std::getline(lines, line);
  CHECK(line.starts_with("READY: "));
  while (std::getline(lines, line)) {
    CHECK(line.find('\x1b') == std::string::npos);
    // A word that is longer than what is left of the width can't be broken.
    if (line.find("/metadata/") == std::string::npos && !line.starts_with("Stage "))
      CHECK_MESSAGE(line.size() <= 80, line);
  }
}

TEST_CASE("mistakes on the command line end with 1 and are explained") {
  Lab lab;
  const std::vector<Strings> rows = {{"provision"},           {"run", "--stage=late"},
                                     {"run", "--colour"},     {"report", "--format=pdf"},
                                     {"report", "--width=3"}, {"status", "--timeout=soon"}};
  for (const auto& row : rows) {
    CAPTURE(row);
    const auto before = snapshot(lab.root());
    const auto said = lab.command(row);
    INFO(said);
    CHECK(said.status == 1);
    CHECK_FALSE(said.err.empty());
    CHECK(differences(before, snapshot(lab.root())) == Strings{});
  }
}

TEST_CASE("what the configuration has wrong is a note with file and line, and stops no boot") {
  Lab lab;
  lab.configure("[User]\n# a comment\nColour=blue\nShell=bash\nthis is no line\n[Nowhere]\nX=1\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.findings() == Strings{"note config", "note config", "note config", "note config"});
  const auto text = lab.stage().at("findings").dump();
  for (const std::string line : {"3", "4", "5", "7"}) {
    const auto place = "/etc/azl-provision/azl-provision.conf.d/0.conf:" + line + ": ";
    CHECK_MESSAGE(text.find(place) != std::string::npos, place);
  }
  CHECK(lab.account_field("passwd", "azureuser", 6) == "/bin/bash");
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
