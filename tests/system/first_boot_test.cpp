// A successful first boot, and the boots after it.
#include <regex>

#include <crypt.h>
#include <unistd.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("first boot" * needs_root());

constexpr const char* kVmId = "0aa8e8f2-54a8-4a4b-9a2c-3a4f9c1d7e60";
constexpr const char* kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIoMbtqA6O+am+KNdCRytwafgH1Pb90kOKVZPx9RniL3 ann@laptop";
// The fingerprint that ssh-keygen -l prints for kKey.
constexpr const char* kFingerprint = "SHA256:3sN2/kRS//erbPIOV7fUjuOVsB13XwcsLUaOmVlCMSU";

Json web_vm() {
  return Json{{"vm",
               {{"vm_id", kVmId},
                {"name", "web-1"},
                {"admin_username", "ann"},
                {"ssh_keys", Strings{kKey}}}}};
}

bool is_time(const std::string& text) {
  static const std::regex kIso8601(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00)");
  return std::regex_match(text, kIso8601);
}

TEST_CASE("a first boot sends one valid request to IMDS and one valid report to the WireServer") {
  Lab lab(web_vm());
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);

  const auto asked = lab.requests("imds");
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].at("method") == "GET");
  CHECK(asked[0].at("target") == "/metadata/instance?api-version=2025-04-07&extended=true");
  CHECK(asked[0].at("status") == 200);
  CHECK(asked[0].at("headers").at("metadata") == "true");
  CHECK_FALSE(asked[0].at("headers").contains("x-forwarded-for"));

  const auto told = lab.requests("wireserver");
  REQUIRE(told.size() == 1);
  CHECK(told[0].at("method") == "POST");
  CHECK(told[0].at("target") == "/provisioning/health");
  CHECK(told[0].at("status") == 201);
  CHECK(told[0].at("headers").at("content-type") == "application/json");
  CHECK(told[0].at("headers").at("x-ms-guest-agent-name") == "azl-provision v0.1.0");
  CHECK(Json::parse(told[0].at("body").get<std::string>()) == R"({"state": "Ready"})"_json);
}

TEST_CASE("a first boot creates the user with the SSH key and sudo rights") {
  Lab lab(web_vm());
  REQUIRE(lab.run().status == 0);

  CHECK(lab.account_field("passwd", "ann", 2) == "1000");
  CHECK(lab.account_field("passwd", "ann", 3) == "1000");
  CHECK(lab.account_field("passwd", "ann", 5) == "/home/ann");
  CHECK(lab.account_field("passwd", "ann", 6) == "/bin/bash");
  for (const std::string group : {"wheel", "adm", "systemd-journal"})
    CHECK_MESSAGE(lab.account_field("group", group, 3) == "ann", group);
  CHECK(lab.account_field("group", "ann", 2) == "1000");
  CHECK(lab.account_field("shadow", "ann", 1).starts_with("!"));
  CHECK(lab.account_field("shadow", "root", 1) == "*");  // already locked by the image
  CHECK(mode_of(lab.path("etc/shadow")) == 0600);

  CHECK(mode_of(lab.path("home/ann")) == 0700);  // HOME_MODE of the image
  CHECK(owner_of(lab.path("home/ann")) == 1000);
  CHECK(lab.read("home/ann/.bashrc") == lab.read("etc/skel/.bashrc"));
  CHECK(owner_of(lab.path("home/ann/.bashrc")) == 1000);
  CHECK(mode_of(lab.path("home/ann/.ssh")) == 0700);
  CHECK(owner_of(lab.path("home/ann/.ssh")) == 1000);
  CHECK(lab.read("home/ann/.ssh/authorized_keys") == std::string(kKey) + "\n");
  CHECK(mode_of(lab.path("home/ann/.ssh/authorized_keys")) == 0600);
  CHECK(owner_of(lab.path("home/ann/.ssh/authorized_keys")) == 1000);

  CHECK(
      lab.read("etc/sudoers.d/90-azl-provision").ends_with("\nann ALL=(ALL:ALL) NOPASSWD: ALL\n"));
  CHECK(mode_of(lab.path("etc/sudoers.d/90-azl-provision")) == 0440);
  CHECK(owner_of(lab.path("etc/sudoers.d/90-azl-provision")) == 0);
}

TEST_CASE("a first boot sets the host name, makes host keys and turns off password logins") {
  Lab lab(web_vm());
  lab.write("etc/ssh/ssh_host_rsa_key", "the image's\n", 0600)
      .write("etc/ssh/ssh_host_ed25519_key", "the image's\n", 0644)
      .write("etc/ssh/ssh_host_ed25519_key.pub", "the image's\n");
  REQUIRE(lab.run().status == 0);

  CHECK(lab.read("etc/hostname") == "web-1\n");
  CHECK(lab.read("etc/hosts") == "127.0.0.1 localhost\n::1 localhost\n");
  CHECK(lab.list("etc/ssh") == Strings{"ssh_host_ed25519_key", "ssh_host_ed25519_key.pub",
                                       "sshd_config", "sshd_config.d"});
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key")
            .starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
  CHECK(mode_of(lab.path("etc/ssh/ssh_host_ed25519_key")) == 0600);
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key.pub").starts_with("ssh-ed25519 AAAA"));
  CHECK(mode_of(lab.path("etc/ssh/ssh_host_ed25519_key.pub")) == 0644);
  CHECK(lab.list("etc/ssh/sshd_config.d") == Strings{"50-cloud-init.conf"});
  CHECK(lab.read("etc/ssh/sshd_config.d/50-cloud-init.conf")
            .ends_with("\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"));
}

TEST_CASE("the keys go where sshd looks for them") {
  Lab lab(web_vm());
  lab.write("etc/ssh/sshd_config",
            "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"
            "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.read("etc/ssh/authorized_keys/ann").starts_with("ssh-ed25519 "));
  CHECK(mode_of(lab.path("etc/ssh/authorized_keys/ann")) == 0644);
  CHECK_FALSE(lab.exists("home/ann/.ssh"));
  CHECK(lab.report_text().find("in /etc/ssh/authorized_keys/ann") != std::string::npos);
}

TEST_CASE("a first boot writes the files that WALinuxAgent looks for") {
  Lab lab(web_vm());
  REQUIRE(lab.run().status == 0);
  CHECK(lab.list("var/lib/waagent") == Strings{"ovf-env.xml", "provisioned", "published_hostname"});
  CHECK(mode_of(lab.path("var/lib/waagent")) == 0700);
  CHECK(lab.read("var/lib/waagent/provisioned") == std::string(kVmId) + "\n");
  CHECK(lab.read("var/lib/waagent/published_hostname") == "web-1\n");
  CHECK(mode_of(lab.path("var/lib/waagent/ovf-env.xml")) == 0600);
  CHECK(lab.read("var/lib/waagent/ovf-env.xml").find(">ann<") != std::string::npos);
}

TEST_CASE("a first boot writes its state and the KVP record") {
  Lab lab(web_vm());
  REQUIRE(lab.run().status == 0);
  const auto state = lab.state();
  CHECK(state.at("schema_version") == 1);
  CHECK(state.at("vm_id") == kVmId);
  CHECK(state.at("begun") == false);
  CHECK(state.at("host_keys_made") == true);
  CHECK(state.at("guest_agent") == true);
  CHECK(state.at("provisioned").at("by") == "azl-provision");
  CHECK(state.at("provisioned").at("degraded") == false);
  CHECK(state.at("provisioned").at("specialized") == false);
  CHECK(is_time(state.at("provisioned").at("at")));
  CHECK(state.at("reported").at("protocol") == "json");
  CHECK(state.at("reported").at("ready") == true);
  CHECK_FALSE(state.contains("untold"));

  auto kvp = lab.kvp();
  CHECK(is_time(kvp["timestamp"]));
  kvp.erase("timestamp");
  CHECK(kvp == std::map<std::string, std::string>{{"result", "success"},
                                                  {"agent", "azl-provision/0.1.0"},
                                                  {"pps_type", "None"},
                                                  {"vm_id", kVmId}});
  CHECK(lab.list("run/azl-provision") == Strings{"local.lock", "main.lock", "report.lock"});
  CHECK(mode_of(lab.path("run/azl-provision")) == 0700);
}

TEST_CASE("the report of a first boot has the user, the keys, the requests and the health report") {
  Lab lab(web_vm());
  REQUIRE(lab.run().status == 0);
  const auto report = lab.report();
  CHECK(report.at("outcome") == "ready");
  CHECK(report.at("vm_id") == kVmId);
  CHECK(report.at("earlier_boot") == false);
  CHECK(report.at("unseen") == Json::array());

  const auto main = lab.stage();
  CHECK(main.at("outcome") == "ready");
  CHECK(main.at("course") == "provision");
  CHECK(main.at("hostname") == "web-1");
  CHECK(main.at("findings") == Json::array());
  CHECK(main.at("user").at("name") == "ann");
  CHECK(main.at("user").at("password") == "locked");
  CHECK(main.at("user").at("groups") == R"(["wheel", "adm", "systemd-journal"])"_json);
  REQUIRE(main.at("user").at("keys").size() == 1);
  CHECK(main.at("user").at("keys")[0].at("fingerprint") == kFingerprint);
  REQUIRE(main.at("host_keys").size() == 1);
  CHECK(main.at("host_keys")[0].at("type") == "ed25519");
  REQUIRE(main.at("attempts").size() == 2);
  CHECK(main.at("attempts")[0].at("endpoint") == "IMDS");
  CHECK(main.at("attempts")[0].at("status") == 200);
  CHECK(main.at("attempts")[1].at("endpoint") == "WireServer");
  CHECK(main.at("attempts")[1].at("status") == 201);
  REQUIRE(main.at("told").size() == 2);
  CHECK(main.at("told")[0].at("channel") ==
        "KVP");  // KVP comes first, because the host reads it when it gets the health report
  CHECK(main.at("told")[1].at("channel") == "health");
  for (const auto& told : main.at("told")) {
    CHECK(told.at("what") == "Ready");
    CHECK(told.at("delivered") == true);
  }

  const auto text = lab.report_text();
  INFO(text);
  CHECK(text.starts_with("READY: "));
  for (const std::string part :
       {kVmId, "web-1", "ann", kFingerprint, "WireServer POST", "IMDS GET"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
}

TEST_CASE("a second run on the same boot sends no request and changes nothing") {
  Lab lab(web_vm());
  REQUIRE(lab.run().status == 0);
  const auto before = lab.tree();
  const auto again = lab.run();
  INFO(again);
  CHECK(again.status == 0);
  CHECK(lab.requests().size() == 2);
  CHECK(differences(before, lab.tree()) == Strings{});
}

TEST_CASE("a later boot sends no request and changes nothing, with or without the platform") {
  Lab lab(web_vm());
  REQUIRE(lab.run().status == 0);
  lab.reboot();
  const auto before = lab.tree();
  for (const std::string stage : {"local", "main", "report"}) {
    CAPTURE(stage);
    CHECK(lab.run({.stage = stage}).status == 0);
    CHECK(lab.run({.stage = stage, .media = false, .imds = false, .wireserver = false}).status ==
          0);
  }
  CHECK(lab.requests().size() == 2);
  CHECK(differences(before, lab.tree()) == Strings{});
  CHECK(lab.report().at("earlier_boot") == true);
  CHECK(lab.report_text().find("This boot had nothing to do") != std::string::npos);
}

TEST_CASE("single stages together do the same as a run of all stages") {
  Lab lab(web_vm());
  CHECK(lab.run({.stage = "local"}).status == 0);
  CHECK(lab.read("etc/hostname") == "web-1\n");
  CHECK(lab.requests().empty());
  CHECK(lab.account_field("passwd", "ann", 0).empty());
  CHECK(lab.command({"status"}).status == 4);

  CHECK(lab.run({.stage = "main"}).status == 0);
  CHECK(lab.account_field("passwd", "ann", 0) == "ann");
  CHECK(lab.requests().size() == 2);
  CHECK(lab.command({"status"}).status == 0);

  CHECK(lab.run({.stage = "report"}).status == 0);
  CHECK(lab.requests().size() == 2);
}

TEST_CASE("a password is stored as a hash, and sshd allows password logins") {
  constexpr const char* kPassword = "Tr1cky: 'pass\" $word\\|";
  auto scenario = web_vm();
  scenario["vm"]["ssh_keys"] = Json::array();
  scenario["vm"]["disable_password_authentication"] = false;
  scenario["vm"]["password"] = kPassword;
  Lab lab(scenario);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  const auto hash = lab.account_field("shadow", "ann", 1);
  CHECK(hash.starts_with("$6$"));
  CHECK(hash == crypt(kPassword, hash.c_str()));
  // OpenSSH's default does already.
  CHECK(lab.list("etc/ssh/sshd_config.d").empty());
  CHECK(lab.outcome("sshd") == "unchanged");
  CHECK(lab.stage().at("user").at("password") == "set");
  CHECK_FALSE(lab.exists("home/ann/.ssh"));
}

TEST_CASE("an existing account of the image is used, and its files are kept") {
  Lab lab(web_vm());
  lab.write("etc/passwd", lab.read("etc/passwd") + "ann:x:1400:1400::/srv/ann:/bin/sh\n")
      .write("etc/group", lab.read("etc/group") + "ann:x:1400:\n")
      .write("etc/shadow", lab.read("etc/shadow") + "ann:$6$old$hash:20000:0:99999:7:::\n", 0600)
      .write("srv/ann/.ssh/authorized_keys", "# by hand\n" + public_key(7) + "\n", 0600);
  for (const std::string name : {"srv/ann", "srv/ann/.ssh", "srv/ann/.ssh/authorized_keys"})
    REQUIRE(chown(lab.path(name).c_str(), 1400, 1400) == 0);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.account_field("passwd", "ann", 2) == "1400");
  CHECK(lab.account_field("passwd", "ann", 5) == "/srv/ann");
  CHECK(lab.account_field("passwd", "ann", 6) == "/bin/sh");
  CHECK(lab.account_field("group", "wheel", 3) == "ann");
  CHECK(lab.account_field("shadow", "ann", 1).starts_with("!"));  // the deployment has no password
  CHECK(lab.read("srv/ann/.ssh/authorized_keys") ==
        "# by hand\n" + public_key(7) + "\n" + kKey + "\n");
  CHECK_FALSE(lab.exists("home/ann"));
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
