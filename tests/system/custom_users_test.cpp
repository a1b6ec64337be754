// The users, groups and passwords of cloud-config in a root tree: what sshd and sudo say about them
// afterwards.
#include <filesystem>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("custom_users" * needs_root());

constexpr const char* kHash =
    "$6$planted$PlantedHashPlantedHashPlantedHashPlantedHashPlantedHashPlantedHashPlantedHashPlan.";

/// Three users, and what changes Azure's.
std::string make_document() {
  return "#cloud-config\ngroups:\n  - docker\nusers:\n  - default\n"
         "  - name: ann\n    gecos: Ann\n    groups: docker, wheel\n    shell: /bin/bash\n"
         "    sudo: ['ALL=(ALL) NOPASSWD:ALL']\n    ssh-authorized-keys:\n      - " +
         public_key(1) +
         "\n"
         "  - name: bea\n    lock-passwd: false\n    hashed_passwd: " +
         std::string(kHash) +
         "\n    sudo: ALL=(root) /usr/bin/id\n"
         "  - name: web\n    system: true\n    shell: /sbin/nologin\n    sudo: false\n"
         "system_info:\n  default_user:\n    groups: [docker]\n"
         "ssh_authorized_keys:\n  - " +
         public_key(2) + "\nssh_pwauth: true\n";
}

/// Runs sh in a mount namespace where the accounts and sudo rules are those of the tree.
Ended run_with_accounts(const Lab& lab, const std::string& line) {
  const TemporaryTree directory;
  std::string script = "set -e; mount --make-rprivate /; ";
  for (const std::string name : {"passwd", "group", "shadow", "sudoers.d"})
    script += "mount --bind " + lab.path("etc/" + name) + " /etc/" + name + "; ";
  Program program({"/usr/bin/unshare", "--mount", "/bin/sh", "-c", script + line},
                  directory.path(""), "sudo", {.environment = {"LC_ALL=C"}});
  return program.wait();
}

TEST_CASE("three users of a document are made in a tree, and sudo and sshd know them") {
  Lab lab(Json{{"vm", {{"custom_data", make_document()}}}});
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.told() == "Ready");
  CHECK(lab.findings("custom-data-early") == Strings{});

  CHECK(lab.account_field("passwd", "ann", 4) == "Ann");
  CHECK(lab.account_field("passwd", "ann", 6) == "/bin/bash");
  CHECK(contains(lab.account_field("group", "docker", 3), "ann"));
  CHECK(contains(lab.account_field("group", "docker", 3), "azureuser"));
  CHECK(contains(lab.account_field("group", "wheel", 3), "ann"));
  CHECK(lab.account_field("shadow", "ann", 1).starts_with("!"));
  CHECK(lab.account_field("shadow", "bea", 1) == kHash);
  CHECK(std::stoi(lab.account_field("passwd", "web", 2)) < 1000);
  CHECK_FALSE(lab.exists("home/web"));
  CHECK(contains(lab.read("home/ann/.ssh/authorized_keys"), public_key(1)));
  CHECK(contains(lab.read("home/azureuser/.ssh/authorized_keys"), public_key(2)));
  CHECK(lab.list("var/lib/azl-provision/custom-data") == Strings{"taken"});
  CHECK(lab.files_with("PlantedHashPlanted") ==
        Strings{"root/etc/shadow", "root/etc/shadow-"});  // "-": of shadow-utils

  // What sudo does with the rules.
  CHECK(contains(run_with_accounts(lab, "sudo -n -l -U ann").out, "(ALL) NOPASSWD: ALL"));
  const auto bea = run_with_accounts(lab, "sudo -n -l -U bea");
  INFO(bea);
  CHECK(contains(bea.out, "(root) /usr/bin/id"));
  CHECK(contains(run_with_accounts(lab, "sudo -n -l -U web").out, "not allowed"));
  const auto asked =
      run_with_accounts(lab, "exec sudo -n -u ann sudo -n id -u");  // as ann, without a password
  INFO(asked);
  CHECK(asked.out == "0\n");
}

TEST_CASE("keys go where sshd looks for them") {
  Lab lab(Json{{"vm", {{"custom_data", make_document()}}}});
  lab.write("etc/ssh/sshd_config",
            "AuthorizedKeysFile /etc/ssh/keys/%u\n" + lab.read("etc/ssh/sshd_config"));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(contains(lab.read("etc/ssh/keys/ann"), public_key(1)));
  CHECK(contains(lab.read("etc/ssh/keys/azureuser"), public_key(2)));
  CHECK_FALSE(lab.exists("home/ann/.ssh/authorized_keys"));
}

TEST_CASE("a bad user costs only itself, and no secret is told") {
  Lab lab(Json{
      {"vm",
       {{"custom_data",
         "#cloud-config\nusers:\n  - default\n  - {name: 'a:b', plain_text_passwd: planted1}\n"
         "  - {name: ann, sudo: 'planted2 ((', plain_text_passwd: planted3x, lock_passwd: no}\n"
         "  - {name: bea, uid: 0, passwd: planted4}\n  - cal\n"}}}});
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.account_field("passwd", "ann", 0) == "ann");
  CHECK(lab.account_field("passwd", "bea", 0).empty());
  CHECK(lab.account_field("passwd", "cal", 0) == "cal");
  CHECK(contains(lab.report_text(), "sudo refuses rule 1 of 'ann'"));
  for (const std::string secret : {"planted1", "planted2", "planted3", "planted4"})
    CHECK(lab.files_with(secret) == Strings{});
}

}  // namespace
}  // namespace azl::test
