// The severity of each failure: fatal, degraded or note. One row for each row of the failure table
// in the architecture document.
#include <algorithm>

#include <unistd.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("severities" * needs_root());

struct Row {
  std::string row;  ///< the row of the failure table
  Json scenario;
  void (*prepare)(Lab&);
  Strings findings;
};

void nothing(Lab& /*lab*/) {}
/// For an IMDS that does not answer.
void give_imds_up(Lab& lab) { lab.configure("[Imds]\nTimeout=500ms\nTimeoutWithMedia=500ms\n"); }

TEST_CASE("fatal: NotReady with cause and advice, status 1, no change to accounts") {
  const std::vector<Row> rows = {
      {"neither media nor IMDS",
       R"({"imds": {"enabled": false}, "ovf": {"enabled": false}})"_json,
       give_imds_up,
       {"imds-connect"}},
      {"no valid user name", R"({"vm": {"admin_username": "root"}})"_json, nothing, {"user-name"}},
      {"no way in", R"({"vm": {"ssh_keys": []}})"_json, nothing, {"no-way-in"}},
      {"no VM id",
       Json::object(),
       [](Lab& lab) { lab.write("sys/class/dmi/id/product_uuid", "Not Settable\n", 0400); },
       {"no-vm-id"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.row);
    Lab lab(row.scenario);
    row.prepare(lab);
    const auto run = lab.run();
    lab.check_refused(run, row.findings.front());
    CHECK(lab.command({"status"}).status == 1);
  }
}

TEST_CASE("fatal: the image has the user's account, and it is expired") {
  Lab lab;
  lab.write("etc/passwd",
            lab.read("etc/passwd") + "azureuser:x:1000:1000::/home/azureuser:/bin/bash\n")
      .write("etc/group", lab.read("etc/group") + "azureuser:x:1000:\n")
      .write("etc/shadow", lab.read("etc/shadow") + "azureuser:!:19000:0:99999:7::19500:\n", 0600);
  const auto shadow = lab.read("etc/shadow");
  const auto run = lab.run();
  lab.check_failed(run, "no-way-in");
  CHECK(lab.read("etc/shadow") == shadow);
  CHECK(lab.told_description().find("expired on 2023-05-23") != std::string::npos);
  lab.configure("[User]\nPasswordAgeing=lift\n").reboot();
  CHECK(lab.run().status == 0);
  CHECK(lab.account_field("shadow", "azureuser", 7).empty());
}

TEST_CASE("a key-only user does not inherit PASS_MAX_DAYS 90 and INACTIVE=35") {
  Lab lab;
  auto login_defs = lab.read("etc/login.defs");
  lab.write("etc/login.defs", login_defs + "PASS_MAX_DAYS 90\n")
      .write("etc/default/useradd", lab.read("etc/default/useradd") + "INACTIVE=35\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.account_field("shadow", "azureuser", 4).empty());
  CHECK(lab.account_field("shadow", "azureuser", 6).empty());
  CHECK(lab.outcome("ageing") == "done");
}

TEST_CASE("fatal: the user can't be created") {
  Lab lab;
  lab.remove("home").write("home", "a file\n");
  const auto run = lab.run();
  lab.check_failed(run, "user");
  // useradd leaves the account behind if it can't make the home directory. It must be locked.
  CHECK(lab.account_field("shadow", "azureuser", 1).starts_with("!"));
  CHECK(lab.list("etc/sudoers.d").empty());
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key").starts_with("-----BEGIN OPENSSH PRIVATE KEY"));
  CHECK(lab.told_description().find("azureuser") != std::string::npos);
}

TEST_CASE("fatal: host keys can't be made") {
  Lab lab;
  lab.obstruct("etc/ssh/ssh_host_ed25519_key");
  const auto run = lab.run();
  lab.check_failed(run, "host-keys");
  CHECK(lab.list("run/azl-provision") == Strings{"local.lock", "main.lock", "report.lock"});
}

TEST_CASE("fatal: sshd refuses the only SSH key, and there is no password") {
  Lab lab;
  lab.write("etc/ssh/sshd_config.d/40-fips.conf", "PubkeyAcceptedAlgorithms rsa-sha2-256\n");
  const auto run = lab.run();
  lab.check_failed(run, "no-way-in");
  CHECK(lab.outcome("login") == "failed");
  CHECK(lab.outcome("host-keys") == "done");
  CHECK(lab.outcome("sshd") == "done");
  CHECK_FALSE(lab.exists("home/azureuser/.ssh"));
}

TEST_CASE("fatal: a policy of sshd keeps the user out, and [Ssh] RequireLogin=yes") {
  Lab lab;
  lab.configure("[Ssh]\nRequireLogin=yes\n")
      .write("etc/ssh/sshd_config.d/40-x.conf", "AllowGroups sshusers\n");
  lab.check_failed(lab.run(), "sshd");
}

TEST_CASE("fatal: the SSH keys can't be written, and there is no password") {
  Lab lab;
  lab.write("etc/passwd",
            lab.read("etc/passwd") + "azureuser:x:1000:1000::/home/azureuser:/bin/bash\n")
      .write("etc/group", lab.read("etc/group") + "azureuser:x:1000:\n")
      .write("home/azureuser/.ssh", "no directory\n");
  for (const std::string name : {"home/azureuser", "home/azureuser/.ssh"})
    REQUIRE(chown(lab.path(name).c_str(), 1000, 1000) == 0);
  const auto run = lab.run();
  lab.check_failed(run, "user");
  CHECK(lab.outcome("user") == "done");
  CHECK(lab.outcome("ssh-keys") == "failed");
}

TEST_CASE("once the cause of a failure is repaired, the next boot provisions the VM") {
  Lab lab;
  lab.remove("home").write("home", "a file\n");
  CHECK(lab.run().status == 1);
  lab.remove("home").reboot();
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.told() == "Ready");
  CHECK(lab.kvp().at("result") == "success");
  CHECK(lab.account_field("passwd", "azureuser", 2) == "1000");
  CHECK(lab.read("home/azureuser/.ssh/authorized_keys").starts_with("ssh-ed25519 "));
  CHECK(lab.command({"status"}).status == 0);
}

TEST_CASE("degraded: Ready, status 2, and a warning in the report") {
  auto password = R"({"vm": {"password": "Correct-Horse-7"}})"_json;
  const std::vector<Row> rows = {
      {"IMDS down with good media",
       R"({"imds": {"enabled": false}})"_json,
       give_imds_up,
       {"degraded imds-connect"}},
      {"bad host name", R"({"vm": {"name": "bad_name"}})"_json, nothing, {"degraded host-name"}},
      {"one bad key among good ones",
       Json{{"vm", {{"ssh_keys", Strings{"no key", public_key()}}}}},
       nothing,
       {"degraded ssh-key"}},
      {"the sudoers file can't be written",
       Json::object(),
       [](Lab& lab) { lab.obstruct("etc/sudoers.d/90-azl-provision"); },
       {"degraded sudoers"}},
      {"sudo is not installed",
       Json::object(),
       [](Lab& lab) { lab.remove("etc/sudoers.d"); },
       {"degraded sudoers"}},
      {"sudoers does not include sudoers.d",
       Json::object(),
       [](Lab& lab) { lab.write("etc/sudoers", "root ALL=(ALL) ALL\n", 0440); },
       {"degraded sudoers"}},
      {"includedir before %wheel ALL=(ALL) ALL",
       Json::object(),
       [](Lab& lab) {
         lab.write("etc/sudoers", "@includedir /etc/sudoers.d\n%wheel ALL=(ALL) ALL\n", 0440);
       },
       {"degraded sudoers"}},
      {"/etc/nologin",
       Json::object(),
       [](Lab& lab) { lab.write("etc/nologin", ""); },
       {"degraded no-way-in"}},
      {"sshd -t refuses the sshd drop-in",
       Json::object(),
       [](Lab& lab) {
         lab.write("etc/ssh/sshd_config", lab.read("etc/ssh/sshd_config") + "NoSuchWord yes\n");
       },
       {"degraded sshd"}},
      {"the sshd configuration overrides the drop-in",
       Json::object(),
       [](Lab& lab) {
         lab.write("etc/ssh/sshd_config",
                   "PasswordAuthentication yes\n" + lab.read("etc/ssh/sshd_config"));
       },
       {"degraded sshd"}},
      {"a policy of sshd keeps the user out",
       Json::object(),
       [](Lab& lab) { lab.write("etc/ssh/sshd_config.d/40-x.conf", "AllowGroups sshusers\n"); },
       {"degraded sshd"}},
      {"sshd refuses one of two keys",
       Json{{"vm",
             {{"ssh_keys",
               Strings{public_key(),
                       "ecdsa-sha2-nistp256 "
                       "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGsX0fLhLEJH+"
                       "Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/"
                       "UfU="}}}}},
       [](Lab& lab) {
         lab.write("etc/ssh/sshd_config.d/40-x.conf", "PubkeyAcceptedAlgorithms ssh-ed25519\n");
       },
       {"degraded ssh-key"}},
      {"a configured group is missing",
       Json::object(),
       [](Lab& lab) { lab.configure("[User]\nGroups=wheel nosuch\n"); },
       {"degraded group"}},
      {"the hand-over files can't be written",
       Json::object(),
       [](Lab& lab) { lab.write("var/lib/waagent", "a file\n"); },
       {"degraded hand-over"}},
      {"the last hand-over file can't be written",
       Json::object(),
       [](Lab& lab) { lab.obstruct("var/lib/waagent/provisioned"); },
       {"degraded hand-over"}},
      {"the host name can't be written",
       Json::object(),
       [](Lab& lab) { lab.obstruct("etc/hostname"); },
       {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.row);
    Lab lab(row.scenario);
    row.prepare(lab);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.kvp().at("result") == "success");
    const auto found = lab.findings();
    if (!row.findings.empty()) CHECK(found == row.findings);
    CHECK(std::ranges::all_of(found, [](const auto& f) { return f.starts_with("degraded "); }));
    CHECK(lab.report_text().starts_with("READY WITH "));
    CHECK(lab.report().at("outcome") == "degraded");
    CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
    CHECK(lab.read("home/azureuser/.ssh/authorized_keys").starts_with("ssh-ed25519 "));
    CHECK(lab.command({"status"}).status == 2);
  }
}

TEST_CASE("degraded: Ready could not be delivered") {
  Lab lab(R"({"wireserver": {"enabled": false}})"_json);
  lab.configure("[Report]\nInlineTimeout=500ms\nLateTimeout=500ms\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.kvp().at("result") == "success");
  CHECK(lab.findings() == Strings{"degraded not-reported"});
}

TEST_CASE("degraded: if password logins can't be turned off, the password stays locked") {
  for (const bool refused : {true, false}) {
    CAPTURE(refused);
    Lab lab(R"({"vm": {"password": "Correct-Horse-7",
                       "disable_password_authentication": true}})"_json);
    const auto config = lab.read("etc/ssh/sshd_config");
    lab.write("etc/ssh/sshd_config",
              refused ? config + "NoSuchWord yes\n" : "PasswordAuthentication yes\n" + config);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.account_field("shadow", "azureuser", 1).starts_with("!"));
    CHECK(lab.stage().at("user").at("password") == "locked");
    CHECK(lab.findings() == Strings{"degraded password", "degraded sshd"});
    // A drop-in that sshd refuses is removed, so that sshd starts with the image's configuration.
    CHECK(lab.exists("etc/ssh/sshd_config.d/00-azl-provision.conf") == !refused);
  }
}

TEST_CASE("degraded: the SSH keys can't be written, but there is a password") {
  Lab lab(R"({"vm": {"password": "Correct-Horse-7",
                     "disable_password_authentication": false}})"_json);
  lab.write("etc/passwd",
            lab.read("etc/passwd") + "azureuser:x:1000:1000::/home/azureuser:/bin/bash\n")
      .write("etc/group", lab.read("etc/group") + "azureuser:x:1000:\n")
      .write("home/azureuser/.ssh", "no directory\n");
  for (const std::string name : {"home/azureuser", "home/azureuser/.ssh"})
    REQUIRE(chown(lab.path(name).c_str(), 1000, 1000) == 0);
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.account_field("shadow", "azureuser", 1).starts_with("$6$"));
  CHECK(lab.read("home/azureuser/.ssh") == "no directory\n");
}

TEST_CASE("note: Ready, status 0, and a note in the report") {
  const std::vector<Row> rows = {
      {"media unreadable with good IMDS",
       R"({"ovf": {"body": "<html/>"}})"_json,
       nothing,
       {"note ovf-unexpected"}},
      {"no KVP daemon",
       Json::object(),
       [](Lab& lab) { lab.remove("var/lib/hyperv"); },
       {"note kvp"}},
      {"the configuration has an unknown key",
       Json::object(),
       [](Lab& lab) { lab.configure("[Report]\nColour=blue\n"); },
       {"note config"}},
      {"the host name was shortened",
       Json{{"vm", {{"computer_name", std::string(40, 'a') + "." + std::string(40, 'b')}}}},
       nothing,
       {"note host-name"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.row);
    Lab lab(row.scenario);
    row.prepare(lab);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(lab.told() == "Ready");
    CHECK(lab.findings() == row.findings);
    const auto text = lab.report_text();
    CHECK(text.starts_with("READY: "));
    CHECK(text.find("\nNotes\n") != std::string::npos);
    CHECK(lab.command({"status"}).status == 0);
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
