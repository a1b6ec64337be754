// IMDS and the provisioning media: failing, contradicting each other, and one without the other.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("sources" * needs_root());

constexpr const char* kVmId = "6b53fe79-c00b-4abe-9387-43fae70865fb";  // azl-platform's default

Json imds_faults(const Json& faults) { return Json{{"imds", {{"faults", faults}}}}; }

Strings statuses(const Json& stage, const std::string& endpoint) {
  Strings list;
  for (const auto& attempt : stage.at("attempts")) {
    if (attempt.at("endpoint") == endpoint) list.push_back(attempt.at("status").dump());
  }
  return list;
}

bool mentions(const Json& finding, const std::string& text) {
  return finding.dump().find(text) != std::string::npos;
}

TEST_CASE("IMDS is retried after 503, 404, a reset and 429, and the VM becomes Ready") {
  auto scenario = imds_faults(R"([
      {"request": 1, "do": "status", "status": 503},
      {"request": 2, "do": "status", "status": 404},
      {"request": 3, "do": "reset"},
      {"request": 4, "do": "status", "status": 429, "retry_after": 2}])"_json);
  scenario["ovf"]["enabled"] = false;
  Lab lab(scenario);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.told() == "Ready");
  const auto main = lab.stage();
  CHECK(statuses(main, "IMDS") == Strings{"503", "404", "0", "429", "200"});
  for (const auto& attempt : main.at("attempts"))
    CHECK_FALSE(attempt.at("outcome").get<std::string>().empty());
  const auto asked = lab.requests("imds");
  REQUIRE(asked.size() == 5);
  // The seconds in "2026-01-01T00:00:00.123456+00:00". The minute may change between the requests.
  const auto second = [](const Json& request) {
    return std::stod(request.at("time").get<std::string>().substr(17, 9));
  };
  auto waited = second(asked[4]) - second(asked[3]);
  if (waited < 0) waited += 60;
  CHECK(waited >= 2.0);
  const auto text = lab.report_text();
  for (const std::string part : {"503", "404", "---", "429", "200"})
    CHECK_MESSAGE(text.find("  " + part + "\n    IMDS GET /") != std::string::npos, part);
}

TEST_CASE("if IMDS does not support the api-version, one that it names is used") {
  Lab lab(R"({"imds": {"api_versions": ["2021-02-01", "2019-06-01"]}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  const auto asked = lab.requests("imds");
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].at("status") == 400);
  CHECK(asked[1].at("target") == "/metadata/instance?api-version=2021-02-01&extended=true");
}

struct Outage {
  std::string what;
  Json imds;
  const char* reason;
  const char* kvp;  ///< cloud-init's text, which dashboards match
};

std::vector<Outage> outages() {
  return {
      {"hangs", R"({"faults": [{"do": "hang"}]})"_json, "imds-read-timeout",
       "read timeout querying IMDS"},
      {"refuses connections", R"({"enabled": false})"_json, "imds-connect",
       "connection error querying IMDS"},
      {"resets them", R"({"faults": [{"do": "reset"}]})"_json, "imds-connect",
       "connection error querying IMDS"},
      {"closes them", R"({"faults": [{"do": "close"}]})"_json, "imds-connect",
       "connection error querying IMDS"},
      {"is broken", R"({"faults": [{"do": "status", "status": 500}]})"_json, "imds-http",
       "http error 500 querying IMDS"},
      {"forbids it", R"({"faults": [{"do": "status", "status": 405}]})"_json, "imds-http",
       "http error 405 querying IMDS"},
      {"sends garbage", R"({"faults": [{"do": "garbage"}]})"_json, "imds-malformed",
       "error parsing IMDS metadata"},
      {"sends half a body", R"({"faults": [{"do": "truncate"}]})"_json, "", ""},
      {"sends 4 GB", R"({"faults": [{"do": "huge"}]})"_json, "imds-malformed",
       "error parsing IMDS metadata"},
      {"sends 4 GB in chunks", R"({"faults": [{"do": "huge", "chunked": true}]})"_json,
       "imds-malformed", "error parsing IMDS metadata"},
      {"sends an empty body", R"({"body": ""})"_json, "imds-malformed",
       "error parsing IMDS metadata"},
      {"sends an empty object", R"({"body": {}})"_json, "imds-invalid-key",
       "invalid IMDS metadata for key=compute"},
      {"sends an empty array", R"({"body": []})"_json, "imds-malformed",
       "error parsing IMDS metadata"},
      {"sends null", R"({"body": "null"})"_json, "imds-malformed", "error parsing IMDS metadata"},
      {"sends nulls for its parts", R"({"body": {"compute": null, "network": null}})"_json,
       "imds-invalid-key", "invalid IMDS metadata for key=compute"},
      {"sends parts of a wrong type", R"({"body": {"compute": [1], "network": "x"}})"_json,
       "imds-invalid-key", "invalid IMDS metadata for key=compute"},
      {"sends a pit", Json{{"body", std::string(100'000, '[')}}, "imds-malformed",
       "error parsing IMDS metadata"},
  };
}

TEST_CASE("without an answer from IMDS, the VM is provisioned from the media, with a warning") {
  for (const auto& row : outages()) {
    CAPTURE(row.what);
    Lab lab(Json{{"imds", row.imds}});
    lab.configure("[Imds]\nTimeoutWithMedia=700ms\n");
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 2);
    CHECK(run.took < std::chrono::seconds(50));
    CHECK(lab.told() == "Ready");
    CHECK(lab.account_field("passwd", "azureuser", 2) == "1000");
    CHECK_FALSE(lab.read("home/azureuser/.ssh/authorized_keys").empty());
    CHECK(lab.read("etc/hostname") == "azl-vm\n");
    const auto main = lab.stage();
    REQUIRE(main.at("findings").size() == 1);
    const auto& finding = main.at("findings")[0];
    CHECK(finding.at("severity") == "degraded");
    CHECK(mentions(finding, "provisioning from media alone"));
    if (*row.reason != '\0') CHECK(finding.at("reason") == row.reason);
    CHECK(lab.outcome("imds") == "failed");
    CHECK(lab.report_text().starts_with("READY WITH 1 WARNING: "));
    CHECK(lab.state().at("provisioned").at("degraded") == true);
    CHECK(lab.run().status == 2);  // later runs repeat the warning status
  }
}

TEST_CASE("without an answer from IMDS and without media, provisioning fails") {
  for (const auto& row : outages()) {
    CAPTURE(row.what);
    Lab lab(Json{{"imds", row.imds}, {"ovf", {{"enabled", false}}}});
    lab.configure("[Imds]\nTimeout=700ms\n");
    const auto run = lab.run();
    CHECK(run.took < std::chrono::seconds(50));
    if (*row.reason == '\0') {
      CHECK(run.status == 1);
      continue;
    }
    lab.check_refused(run, row.reason);
    CHECK(lab.kvp().at("reason") == row.kvp);
    CHECK(lab.kvp().at("vm_id") == kVmId);
    CHECK(lab.command({"status"}).status == 1);
    CHECK(lab.command({"status", "--guest-agent"}).status == 1);
  }
}

TEST_CASE("the boot after an outage provisions the VM") {
  Lab lab(R"({"imds": {"enabled": false}, "ovf": {"enabled": false}})"_json);
  lab.configure("[Imds]\nTimeout=500ms\n");
  CHECK(lab.run().status == 1);
  lab.reboot().restart_platform(R"({"imds": {}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.told() == "Ready");
  CHECK(lab.kvp().at("result") == "success");
  CHECK(lab.command({"status"}).status == 0);
}

TEST_CASE("nulls and wrong types in IMDS are ignored one by one and replaced from the media") {
  auto body = R"({
      "compute": {"osProfile": {"adminUsername": null, "computerName": ["x"],
                                "disablePasswordAuthentication": {"a": 1}},
                  "publicKeys": "none", "vmId": 7, "userData": null, "tagsList": 3,
                  "storageProfile": null, "name": {}},
      "network": {"interface": [null, 1, {"macAddress": null}, {"macAddress": "000D3A5C7E10",
                  "ipv4": {"ipAddress": [{"privateIpAddress": 5}], "subnet": {}}, "ipv6": null}]},
      "extended": {"compute": {"hasCustomData": null, "ppsType": null}}})"_json;
  Lab lab(Json{{"imds", {{"body", body}}}});
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);  // for two NICs and the keys; the media has the values
  CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
  CHECK(lab.read("etc/hostname") == "azl-vm\n");
  const auto found = lab.findings();
  CHECK(std::ranges::count(found, "degraded imds-invalid-key") == 3);
  CHECK(std::ranges::count(found, "note imds-invalid-key") ==
        static_cast<std::ptrdiff_t>(found.size()) - 3);
  CHECK(found.size() >= 7);
}

TEST_CASE("IMDS without network gives user, keys and name, with a warning") {
  Lab lab(R"({"imds": {"omit": ["network"]}, "ovf": {"enabled": false}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(run.took < std::chrono::seconds(60));  // it asks again for 5 s
  CHECK(lab.told() == "Ready");
  CHECK(lab.account_field("passwd", "azureuser", 2) == "1000");
  CHECK_FALSE(lab.read("home/azureuser/.ssh/authorized_keys").empty());
  CHECK(lab.read("etc/hostname") == "azl-vm\n");
  CHECK(lab.findings() == Strings{"degraded imds-invalid-key"});
  CHECK(mentions(lab.stage().at("findings")[0], "IMDS network is missing"));
}

constexpr const char* kOtherVm = "11111111-2222-4333-8444-555555555555";

TEST_CASE("with media, an IMDS that speaks for another VM is set aside, with a warning") {
  Lab lab(Json{{"imds", {{"vm_id", kOtherVm}}}, {"ovf", {{"user_name", "olaf"}}}});
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.account_field("passwd", "olaf", 2) == "1000");
  CHECK(lab.account_field("passwd", "azureuser", 2).empty());
  CHECK(lab.findings() == Strings{"degraded imds-invalid-key"});
  CHECK(mentions(lab.stage().at("findings")[0], "IMDS was set aside"));
  CHECK(lab.outcome("imds") == "failed");
}

TEST_CASE("without media, an IMDS that speaks for another VM is refused") {
  Lab lab(Json{{"imds", {{"vm_id", kOtherVm}}}, {"ovf", {{"enabled", false}}}});
  const auto run = lab.run();
  lab.check_refused(run, "imds-invalid-key");
  CHECK(lab.kvp().at("reason") == "invalid IMDS metadata for key=vmId");
  CHECK(lab.stage().dump().find(std::string("it gives the VM id ") + kOtherVm + ", the firmware " +
                                kVmId) != std::string::npos);
}

TEST_CASE("[Imds] OtherVm=use uses an IMDS that speaks for another VM, with a warning") {
  Lab lab(Json{{"imds", {{"vm_id", kOtherVm}}}, {"ovf", {{"enabled", false}}}});
  lab.configure("[Imds]\nOtherVm=use\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.account_field("passwd", "azureuser", 2) == "1000");
  CHECK(lab.findings() == Strings{"degraded imds-invalid-key"});
}

TEST_CASE("the media's password is not set for another user whom IMDS names") {
  for (const bool key : {true, false}) {
    CAPTURE(key);
    Lab lab(Json{{"vm",
                  {{"admin_username", "ida"},
                   {"password", "Correct-Horse-7"},
                   {"disable_password_authentication", false},
                   {"ssh_keys", key ? Strings{public_key()} : Strings{}}}},
                 {"ovf", {{"user_name", "olaf"}}}});
    const auto run = lab.run();
    INFO(run);
    if (!key) {
      lab.check_refused(run, "no-way-in");
      continue;
    }
    CHECK(run.status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.findings() == Strings{"degraded user-name", "degraded password"});
    CHECK(lab.account_field("shadow", "ida", 1).starts_with("!"));
    CHECK(lab.stage().at("user").at("password") == "locked");
    CHECK(lab.account_field("passwd", "olaf", 0).empty());
  }
}

TEST_CASE("host keys that a failed first boot made stay on the second boot of the same VM") {
  Lab lab(R"({"imds": {"enabled": false}, "ovf": {"enabled": false}})"_json);
  lab.configure("[Imds]\nTimeout=500ms\n");
  lab.write("etc/ssh/ssh_host_ed25519_key", "the image's\n", 0600);
  CHECK(lab.run().status == 1);
  const auto key = lab.read("etc/ssh/ssh_host_ed25519_key");
  CHECK(key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
  CHECK(lab.reboot().run().status == 1);
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") == key);
  lab.reboot().restart_platform(R"({"imds": {}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.stage().at("course") == "provision");
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") == key);
}

TEST_CASE("IMDS takes precedence over the media") {
  Lab lab(Json{{"vm",
                {{"name", "from-imds"},
                 {"admin_username", "ida"},
                 {"disable_password_authentication", true},
                 {"ssh_keys", Strings{public_key(1)}}}},
               {"ovf",
                {{"host_name", "from-ovf"},
                 {"user_name", "olaf"},
                 {"disable_password_authentication", false},
                 {"ssh_keys", Strings{public_key(2)}}}}});
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);  // because the users differ
  CHECK(lab.findings() == Strings{"degraded user-name", "note host-name", "note ssh-key"});
  CHECK(mentions(lab.stage().at("findings")[0],
                 "IMDS osProfile.adminUsername is 'ida', UserName in ovf-env.xml is 'olaf'"));
  CHECK(lab.read("etc/hostname") == "from-imds\n");
  CHECK(lab.account_field("passwd", "ida", 0) == "ida");
  CHECK(lab.account_field("passwd", "olaf", 0).empty());
  CHECK(lab.read("home/ida/.ssh/authorized_keys") == public_key(1) + "\n");
  CHECK(
      lab.read("etc/ssh/sshd_config.d/50-cloud-init.conf").find("\nPasswordAuthentication no\n") !=
      std::string::npos);
}

TEST_CASE("values that IMDS lacks are taken from the media") {
  for (const bool empty : {true, false}) {
    CAPTURE(empty);
    const auto profile =
        empty ? R"({"adminUsername": "", "computerName": ""})"_json : Json::object();
    Lab lab(Json{{"imds", {{"body", instance(profile, {})}}},
                 {"ovf",
                  {{"host_name", "from-ovf"},
                   {"user_name", "olaf"},
                   {"disable_password_authentication", true},
                   {"ssh_keys", Strings{public_key(2)}}}}});
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(lab.read("etc/hostname") == "from-ovf\n");
    CHECK(lab.account_field("passwd", "olaf", 0) == "olaf");
    CHECK(lab.read("home/olaf/.ssh/authorized_keys") == public_key(2) + "\n");
  }
}

TEST_CASE("ProvisionGuestAgent false in the media keeps WALinuxAgent from starting") {
  Lab lab(R"({"ovf": {"provision_guest_agent": false}})"_json);
  CHECK(lab.run().status == 0);
  CHECK(lab.exists("var/lib/waagent/disable_agent"));
  CHECK(lab.state().at("guest_agent") == false);
  CHECK(lab.command({"status", "--guest-agent"}).status == 1);
}

TEST_CASE("unreadable media is a warning if a password or custom data may have been on it") {
  for (const std::string what : {"a password", "custom data"}) {
    CAPTURE(what);
    Lab lab(what == "a password" ? R"({"vm": {"disable_password_authentication": false}})"_json
                                 : Json{{"imds", {{"omit", Strings{"extended"}}}}});
    std::filesystem::remove(lab.media() + "/ovf-env.xml");
    const auto run = lab.run({.media_path = lab.media()});
    INFO(run);
    CHECK(run.status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.findings() == Strings{"degraded media-unreadable"});
    CHECK(mentions(lab.stage().at("findings")[0],
                   "without the password or custom data that may be on it"));
  }
}

TEST_CASE("custom data writes its files into a tree, and its programs stay due") {
  const std::string document =
      "## template: jinja\n#cloud-config\nwrite_files:\n  - path: /etc/made\n"
      "    content: 'by {{ v1.local_hostname }} in {{ v1.region }}'\nruncmd:\n"
      "  - touch /ran\n";
  // The media's document takes precedence over that of IMDS.
  for (const bool media : {true, false}) {
    CAPTURE(media);
    Json scenario = {{"vm", {{"computer_name", "web-1"}, {"location", "westeurope"}}}};
    scenario["vm"]["user_data"] = media ? "#!/bin/sh\n" : document;
    if (media) scenario["vm"]["custom_data"] = document;
    Lab lab(scenario);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(lab.told() == "Ready");
    CHECK(lab.findings() == Strings{});
    CHECK(lab.read("etc/made") == "by web-1 in westeurope");
    CHECK_FALSE(lab.exists("ran"));
    CHECK(lab.list("var/lib/azl-provision/custom-data") ==
          (Strings{"final-due", "items.json", "progress", "taken"}));
  }
}

TEST_CASE("a document that cannot be used is a warning, and the VM is ready") {
  Lab lab(R"({"ovf": {"custom_data": "#cloud-config\nruncmd: [planted-value\n"}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.files_with("planted-value") == Strings{});
  CHECK(lab.list("var/lib/azl-provision/custom-data") == Strings{"taken"});
}

TEST_CASE("custom data that IMDS announces but no media contains is a warning") {
  auto body = instance(R"({"adminUsername": "ida", "computerName": "vm"})"_json);
  body["extended"]["compute"]["hasCustomData"] = "true";
  Lab lab(Json{{"imds", {{"body", body}}}, {"ovf", {{"enabled", false}}}});
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.findings() == Strings{"degraded custom-data-missing"});
}

struct BadMedia {
  std::string what;
  void (*prepare)(const std::string& media);
  const char* reason;
};

void put_ovf(const std::string& media, const std::string& text) {
  std::ofstream(media + "/ovf-env.xml", std::ios::trunc) << text;
}

const std::vector<BadMedia> kBadMedia = {
    BadMedia{"not XML", [](const std::string& m) { put_ovf(m, "this is not XML"); },
             "ovf-malformed"},
    BadMedia{"half a document",
             [](const std::string& m) {
               put_ovf(m, "<Environment xmlns=\"http://schemas.dmtf.org/ovf/environment/1\"><Prov");
             },
             "ovf-malformed"},
    BadMedia{"another document", [](const std::string& m) { put_ovf(m, "<html/>"); },
             "ovf-unexpected"},
    BadMedia{"empty", [](const std::string& m) { put_ovf(m, ""); }, "ovf-malformed"},
    BadMedia{"8 MiB of it",
             [](const std::string& m) {
               put_ovf(m, "<a>" + std::string(std::size_t{8} << 20, 'x') + "</a>");
             },
             ""},
    BadMedia{"a directory in the file's place",
             [](const std::string& m) {
               std::filesystem::remove(m + "/ovf-env.xml");
               std::filesystem::create_directory(m + "/ovf-env.xml");
             },
             "media-unreadable"},
    BadMedia{"a pipe in the file's place",
             [](const std::string& m) {
               std::filesystem::remove(m + "/ovf-env.xml");
               if (mkfifo((m + "/ovf-env.xml").c_str(), 0600) != 0) throw std::runtime_error(m);
             },
             "media-unreadable"},
    BadMedia{"a link in the file's place",
             [](const std::string& m) {
               std::filesystem::remove(m + "/ovf-env.xml");
               std::filesystem::create_symlink("/etc/shadow", m + "/ovf-env.xml");
             },
             "media-unreadable"},
    BadMedia{"a directory without the file",
             [](const std::string& m) { std::filesystem::remove(m + "/ovf-env.xml"); },
             "media-unreadable"},
    BadMedia{"nothing there", [](const std::string& m) { std::filesystem::remove_all(m); },
             "media-unreadable"},
};

TEST_CASE("unreadable media is a note if IMDS says that it had no password and no custom data") {
  for (const auto& row : kBadMedia) {
    CAPTURE(row.what);
    Lab lab;
    row.prepare(lab.media());
    const auto run = lab.run({.media_path = lab.media()});
    INFO(run);
    CHECK(run.status == 0);
    CHECK(lab.told() == "Ready");
    CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
    const auto main = lab.stage();
    REQUIRE(main.at("findings").size() == 1);
    CHECK(main.at("findings")[0].at("severity") == "note");
    CHECK(mentions(main.at("findings")[0], "provisioning from IMDS alone"));
    if (*row.reason != '\0') CHECK(main.at("findings")[0].at("reason") == row.reason);
    CHECK_FALSE(lab.exists("var/lib/waagent/ovf-env.xml"));
  }
}

TEST_CASE("unreadable media is part of the failure if IMDS does not answer either") {
  for (const auto& row : kBadMedia) {
    CAPTURE(row.what);
    Lab lab(R"({"imds": {"enabled": false}})"_json);
    lab.configure("[Imds]\nTimeout=500ms\n");
    row.prepare(lab.media());
    const auto run = lab.run({.media_path = lab.media()});
    lab.check_refused(run, "imds-connect");
    CHECK(lab.stage().dump().find("the provisioning media could not be read") != std::string::npos);
  }
}

TEST_CASE("media that appears while IMDS is asked is used, as only the media has the password") {
  Lab lab(R"({"vm": {"password": "Correct-Horse-7", "ssh_keys": [],
                     "disable_password_authentication": false},
              "imds": {"faults": [{"do": "hold"}]}})"_json);
  const auto media = lab.media();
  const auto away = media + ".away";
  REQUIRE(rename(media.c_str(), away.c_str()) == 0);
  const auto run = lab.start({.media_path = media + "/ovf-env.xml"});
  REQUIRE(wait_until([&] {
    return lab.read("run/azl-provision/main.json").find("\"imds\"") != std::string::npos ||
           run->ended();
  }));
  REQUIRE(rename(away.c_str(), media.c_str()) == 0);
  lab.release();
  const auto ended = run->wait();
  INFO(ended);
  CHECK(ended.status == 0);
  CHECK(lab.outcome("late-media") == "done");
  CHECK(lab.stage().at("user").at("password") == "set");
}

TEST_CASE("IMDS is retried before the deadline even if its Retry-After is later") {
  Lab lab(R"({"ovf": {"enabled": false},
              "imds": {"faults": [{"request": 1, "do": "status", "status": 503,
                                   "retry_after": 300}]}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.told() == "Ready");
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
