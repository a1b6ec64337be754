#include "provision/image/migrate/migration.h"

#include <doctest/doctest.h>

#include "tests/unit/provision/image/migrate/migration_facts.h"

using namespace azl::test;
using Strings = std::vector<std::string>;

namespace {

/// "ACTION WHAT" for each step.
Strings steps(const MigrationFacts& facts) {
  Strings lines;
  for (const auto& step : decide_migration(facts).steps)
    lines.push_back(std::string(to_string(step.action)) + " " + step.what);
  return lines;
}

/// The file that is written; empty if none is.
std::string drop_in(const MigrationFacts& facts) {
  for (const auto& step : decide_migration(facts).steps) {
    if (step.what == kMigratedConf) return step.content;
  }
  return {};
}

}  // namespace

TEST_CASE("cloud-init is switched off last, when everything else is in its place") {
  auto facts = facts_of(Agent::kCloudInit);
  facts.disabled_units = {"azl-provision.target"};
  add_file(facts, Agent::kCloudInit, "/etc/cloud/cloud.cfg", "growpart: {mode: off}\n");
  state_of(facts, Agent::kWaagent).installed = true;
  add_file(facts, Agent::kWaagent, "/etc/waagent.conf", "Provisioning.Agent=cloud-init\n");
  CHECK(steps(facts) ==
        Strings{"write " + std::string(kMigratedConf), "write /var/lib/waagent/provisioned",
                "record /var/lib/azl-provision/state.json", "enable azl-provision.target",
                "switch-off /etc/cloud/cloud-init.disabled", "disable cloud-init.service",
                "edit /etc/waagent.conf"});
}

TEST_CASE("steps that were done before are left out") {
  auto facts = facts_of(Agent::kCloudInit);
  facts.cloud_init_off = true;
  CHECK(steps(facts) ==
        Strings{"record /var/lib/azl-provision/state.json", "disable cloud-init.service"});
  state_of(facts, Agent::kCloudInit).enabled_units.clear();
  facts.state.vm_id = kMigratedVm;
  facts.state.provisioned = Provisioned{.at = "x", .by = "cloud-init", .boot_id = "x"};
  CHECK(steps(facts).empty());
  facts.records = {};
  CHECK(steps(facts).empty());
  CHECK(decide_migration(facts).provisioned_by == "cloud-init");
}

TEST_CASE("the file is written again until the state is recorded, and then it stays") {
  auto facts = facts_of(Agent::kCloudInit);
  add_file(facts, Agent::kCloudInit, "/etc/cloud/cloud.cfg", "growpart: {mode: off}\n");
  const auto text = drop_in(facts);
  CHECK(text.find("[Disk]\n# cloud-init: growpart.mode, /etc/cloud/cloud.cfg:1\nGrowRoot=no\n") !=
        std::string::npos);
  facts.drop_in = text;
  CHECK(drop_in(facts).empty());
  facts.drop_in = "[Disk]\n";
  CHECK(drop_in(facts) == text);
  facts.state.vm_id = kMigratedVm;
  facts.state.provisioned = Provisioned{.at = "x", .by = "cloud-init", .boot_id = "x"};
  CHECK(drop_in(facts).empty());
  facts.drop_in.reset();
  CHECK(drop_in(facts) == text);
}

TEST_CASE("WALinuxAgent's own provisioning keys count only if it provisioned this VM") {
  const std::string conf = "Provisioning.DeleteRootPassword=n\nResourceDisk.Format=n\n";
  auto facts = facts_of(Agent::kWaagent);
  add_file(facts, Agent::kWaagent, "/etc/waagent.conf", conf);
  CHECK(fates(decide_migration(facts)) ==
        Strings{"becomes Provisioning.DeleteRootPassword [User] LockRoot=no",
                "kept ResourceDisk.Format", "becomes (growth of the OS disk) [Disk] GrowRoot=no",
                "becomes (the resource disk) [Disk] ResourceDisk=no"});
  facts.records.of_this_vm->name = "cloud-init";
  CHECK(fates(decide_migration(facts)) ==
        Strings{"not-needed Provisioning.DeleteRootPassword", "kept ResourceDisk.Format"});
  state_of(facts, Agent::kWaagent).enabled_units.clear();
  CHECK(fates(decide_migration(facts)) ==
        Strings{"not-needed Provisioning.DeleteRootPassword", "not-needed ResourceDisk.Format"});
}

TEST_CASE("the resource disk stays WALinuxAgent's if it sets it up and goes on to run") {
  auto facts = facts_of(Agent::kWaagent);
  add_file(facts, Agent::kWaagent, "/etc/waagent.conf", "ResourceDisk.Format=y\n");
  CHECK(drop_in(facts).find("ResourceDisk") == std::string::npos);
  state_of(facts, Agent::kWaagent).enabled_units.clear();
  CHECK(drop_in(facts).find("ResourceDisk=no") != std::string::npos);
}

TEST_CASE("the values of the agent that provisioned this VM go before those of another") {
  auto facts = facts_of(Agent::kAzureInit);
  add_file(facts, Agent::kAzureInit, "/etc/azure-init.toml", "");
  add_file(facts, Agent::kCloudInit, "/etc/cloud/cloud.cfg", "ssh_deletekeys: false\n");
  const auto migration = decide_migration(facts);
  CHECK(migration.keys.back().key == "ssh_deletekeys");
  CHECK(migration.keys.back().fate == Fate::kNotNeeded);
}

TEST_CASE("a key that the administrator has set stays, and one of the image does not") {
  auto facts = facts_of(Agent::kCloudInit);
  add_file(facts, Agent::kCloudInit, "/etc/cloud/cloud.cfg", "growpart: {mode: off}\n");
  Setting setting{.section = "Disk", .key = "GrowRoot", .value = "yes", .file = {}, .line = 3};
  setting.file = "/etc/azl-provision/azl-provision.conf";
  facts.config.settings = {setting};
  CHECK(drop_in(facts).empty());
  CHECK(decide_migration(facts).keys.front().why ==
        "/etc/azl-provision/azl-provision.conf:3 sets GrowRoot=");
  facts.config.settings.front().file = "/usr/lib/azl-provision/azl-provision.conf";
  CHECK(drop_in(facts).find("GrowRoot=no") != std::string::npos);
  facts.config.settings.front().value = "no";
  CHECK(drop_in(facts).empty());
}

TEST_CASE("two keys that become one are one line, and the first value counts") {
  auto facts = facts_of(Agent::kCloudInit);
  add_file(facts, Agent::kCloudInit, "/etc/cloud/cloud.cfg",
           "growpart: {mode: off}\nresize_rootfs: false\nnetwork: {config: disabled}\n");
  const auto text = drop_in(facts);
  CHECK(text.find("GrowRoot=no") == text.rfind("GrowRoot=no"));
  CHECK(text.find("[Network]") < text.find("[Disk]"));
}
