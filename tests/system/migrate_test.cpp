// azl-provision migrate: trees as cloud-init, WALinuxAgent and azure-init leave them, which
// azl-provision takes over, and which the next boot does not change.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/system/json_schema.h"
#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("migrate" * needs_root());

const std::string kVm = "a0a0a0a0-1111-4222-8333-444444444444";
const std::string kOtherVm = "b0b0b0b0-5555-4666-8777-888888888888";
const std::string kUnits = "usr/lib/systemd/system/";
const std::string kLinks = "etc/systemd/system/";
const std::string kDropIn = "etc/azl-provision/azl-provision.conf.d/50-migrated.conf";

Json scenario() { return {{"vm", {{"vm_id", kVm}, {"computer_name", "web-1"}}}}; }

/// What every image has: this program's units, and a user who was made by another agent.
void add_machine(Lab& lab) {
  lab.remove("etc/azl-provision/azl-provision.conf");
  for (const auto* unit : {"azl-provision.target", "azl-provision-custom-data.service"})
    lab.write(kUnits + unit, "[Unit]\n");
  lab.write("etc/passwd",
            lab.read("etc/passwd") + "azureuser:x:1000:1000::/home/azureuser:/bin/sh\n")
      .write("etc/group", lab.read("etc/group") + "azureuser:x:1000:\n")
      .write("etc/shadow", lab.read("etc/shadow") + "azureuser:!:20000:0:99999:7:::\n", 0640)
      .write("home/azureuser/.ssh/authorized_keys", public_key() + "\n", 0600)
      .write("etc/ssh/ssh_host_ed25519_key", "the VM's own\n", 0600)
      .write("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0444)
      .write("etc/hostname", "renamed\n");
}

void enable(Lab& lab, const std::string& unit, const std::string& wanted_by) {
  lab.write(kUnits + unit, "[Unit]\n")
      .symlink("/" + kUnits + unit, kLinks + wanted_by + ".wants/" + unit);
}

void add_cloud_init(Lab& lab) {
  for (const auto* unit : {"cloud-init-local.service", "cloud-init-main.service",
                           "cloud-config.service", "cloud-final.service"})
    enable(lab, unit, "cloud-init.target");
  enable(lab, "cloud-init-hotplugd.socket", "cloud-config.target");
  lab.write("etc/cloud/cloud.cfg",
            "users: [default]\ndisable_root: true\nssh_pwauth: false\n"
            "growpart:\n  mode: auto\nmanage_etc_hosts: false\n"
            "cloud_init_modules: [bootcmd, growpart, resizefs, disk_setup, mounts, ssh]\n"
            "system_info:\n  distro: azurelinux\n  default_user:\n    name: azureuser\n"
            "    groups: [wheel, adm, systemd-journal]\n"
            "    sudo: ['ALL=(ALL) NOPASSWD:ALL']\n    shell: /bin/bash\n")
      .write("etc/cloud/cloud.cfg.d/50-growth.cfg", "#cloud-config\ngrowpart:\n  mode: 'off'\n")
      .write("etc/cloud/cloud.cfg.d/90-azure.cfg",
             "datasource_list: [Azure]\n"
             "datasource: {Azure: {apply_network_config_for_secondary_ips: false}}\n")
      .write("var/lib/cloud/data/instance-id", kVm + "\n")
      .symlink("/var/lib/cloud/instances/" + kVm, "var/lib/cloud/instance")
      .write("var/lib/cloud/instances/" + kVm + "/cloud-config.txt",
             "#cloud-config\nmounts: [[ephemeral0, /scratch]]\nchpasswd: {list: 'x:hidden-word'}\n")
      .write("etc/sudoers.d/90-cloud-init-users", "azureuser ALL=(ALL) NOPASSWD:ALL\n", 0440)
      .write("etc/systemd/network/10-cloud-init-eth0.network",
             "[Match]\nMACAddress=00:0d:3a:00:00:01\n[Network]\nDHCP=ipv4\n")
      .write("etc/fstab",
             "/dev/disk/cloud/azure_resource-part1 /scratch auto "
             "defaults,nofail,x-systemd.requires=cloud-init.service,_netdev,comment=cloudconfig 0 "
             "2\n");
}

void add_waagent(Lab& lab, const std::string& settings, const std::string& provisioned = kVm) {
  enable(lab, "waagent.service", "multi-user.target");
  lab.write("etc/waagent.conf", settings);
  if (!provisioned.empty()) lab.write("var/lib/waagent/provisioned", provisioned);
}

void add_azure_init(Lab& lab) {
  enable(lab, "azure-init.service", "multi-user.target");
  lab.write("etc/azure-init.toml", "[ssh]\nconfigure_sshd_password_authentication = false\n")
      .write("etc/azure-init.d/50-time.toml", "[imds]\ntotal_retry_timeout_secs = 90.0\n")
      .write("var/lib/azure-init/" + kVm + ".provisioned", "")
      .write("etc/sudoers.d/azure-init-user", "azureuser ALL=(ALL) NOPASSWD: ALL\n", 0440);
}

Ended migrate(Lab& lab) { return lab.command({"migrate", "--force"}); }

/// "FATE KEY SETTING" for each key that becomes a setting or is lost.
Strings notable(const Json& report) {
  Strings lines;
  for (const auto& key : report.at("keys")) {
    const auto fate = key.at("fate").get<std::string>();
    if (fate == "kept" || fate == "not-needed") continue;
    const auto setting = key.at("setting").get<std::string>();
    lines.push_back(fate + " " + key.at("key").get<std::string>() +
                    (setting.empty() ? "" : " " + setting));
  }
  return lines;
}

/// The changes that are not about this program's own records.
Strings changes(const Snapshot& before, const Snapshot& after) {
  auto all = differences(before, after);
  std::erase_if(all, [](const std::string& change) {
    return change.find(" var/lib/azl-provision") != std::string::npos ||
           change == "changed proc/sys/kernel/random/boot_id" || change == "changed var/lib";
  });
  return all;
}

/// Boots twice. Nothing but the records may change, and nobody may be asked.
void check_boots(Lab& lab, const std::string& agent) {
  const auto migrated = lab.tree();
  for (int boot = 0; boot < 2; ++boot) {
    lab.reboot();
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(changes(migrated, lab.tree()) == Strings{});
    CHECK(lab.requests().empty());
  }
  CHECK(lab.state().at("vm_id") == kVm);
  CHECK(lab.state().at("provisioned").at("by") == agent);
  CHECK(lab.state().at("machine_id") == "0123456789abcdef0123456789abcdef");
  CHECK_FALSE(lab.state().contains("untold"));
  CHECK(lab.command({"status"}).status == 0);
  CHECK(lab.command({"status", "--guest-agent"}).status == 0);
}

TEST_CASE("a VM of cloud-init is taken over, and the next boots change nothing") {
  Lab lab(scenario());
  add_machine(lab);
  add_cloud_init(lab);
  REQUIRE(lab.run().status == 3);  // two agents
  const auto before = lab.tree();
  const auto ended = migrate(lab);
  INFO(ended);
  CHECK(ended.status == 0);
  CHECK(contains(ended.out, "The next boot changes nothing."));
  CHECK(!contains(ended.out + lab.read(kDropIn), "hidden-word"));
  CHECK(lab.read(kDropIn) ==
        "# Written by azl-provision migrate: what cloud-init was configured for on this machine.\n"
        "# It is yours to change. See azl-provision.conf(5).\n\n[Network]\n"
        "# cloud-init: datasource.Azure.apply_network_config_for_secondary_ips, "
        "/etc/cloud/cloud.cfg.d/90-azure.cfg:2\nSecondaryAddresses=no\n\n[Disk]\n"
        "# cloud-init: growpart.mode, /etc/cloud/cloud.cfg.d/50-growth.cfg:3\nGrowRoot=no\n"
        "# cloud-init: mounts, /var/lib/cloud/instance/cloud-config.txt:2\nMountPoint=/scratch\n");
  CHECK(lab.command({"config", "--check"}).status == 0);
  const Strings expected = {
      "changed etc/azl-provision",
      "new etc/azl-provision/azl-provision.conf.d",
      "new " + kDropIn,
      "changed etc/cloud",
      "new etc/cloud/cloud-init.disabled",
      "changed etc/systemd/system/cloud-config.target.wants",
      "gone etc/systemd/system/cloud-config.target.wants/cloud-init-hotplugd.socket",
      "changed etc/systemd/system/cloud-init.target.wants",
      "gone etc/systemd/system/cloud-init.target.wants/cloud-config.service",
      "gone etc/systemd/system/cloud-init.target.wants/cloud-final.service",
      "gone etc/systemd/system/cloud-init.target.wants/cloud-init-local.service",
      "gone etc/systemd/system/cloud-init.target.wants/cloud-init-main.service",
      "changed etc/systemd/system",
      "new etc/systemd/system/multi-user.target.wants",
      "new etc/systemd/system/multi-user.target.wants/azl-provision.target",
      "new etc/systemd/system/multi-user.target.wants/azl-provision-custom-data.service"};
  for (const auto& change : changes(before, lab.tree()))
    CHECK_MESSAGE(std::ranges::find(expected, change) != expected.end(), change);
  check_boots(lab, "cloud-init");

  const auto again = migrate(lab);
  CHECK(again.status == 0);
  CHECK(contains(again.out, "This VM was migrated already"));
}

TEST_CASE("what nothing does any more is named, and the exit status is 2") {
  Lab lab(scenario());
  add_machine(lab);
  add_cloud_init(lab);
  lab.write("var/lib/cloud/instances/" + kVm + "/cloud-config.txt",
            "#cloud-config\nbootcmd: ['echo hidden-word']\nunheard_of: {a: b}\nruncmd: [ls]\n")
      .write("var/lib/cloud/instances/" + kVm + "/boothooks/part-001", "#!/bin/sh\n", 0700)
      .write("var/lib/cloud/scripts/per-boot/each.sh", "#!/bin/sh\n", 0755)
      .write("etc/growroot-disabled", "")
      .write("etc/cloud/cloud.cfg.d/99-bad.cfg", "a: [\n");
  const auto ended = lab.command({"migrate", "--force", "--format=json"});
  INFO(ended);
  CHECK(ended.status == 2);
  CHECK(contains(ended.err, "/etc/cloud/cloud.cfg.d/99-bad.cfg:"));
  CHECK(!contains(ended.out + ended.err, "hidden-word"));
  const auto report = Json::parse(ended.out);
  const std::string secondary = "datasource.Azure.apply_network_config_for_secondary_ips";
  CHECK(notable(report) == Strings{"becomes growpart.mode [Disk] GrowRoot=no",
                                   "becomes " + secondary + " [Network] SecondaryAddresses=no",
                                   "lost bootcmd", "lost unheard_of",
                                   "lost /var/lib/cloud/instance/boothooks/part-001",
                                   "becomes /etc/growroot-disabled [Disk] GrowRoot=no"});
}

TEST_CASE("a VM of WALinuxAgent is taken over, and WALinuxAgent stays for extensions") {
  Lab lab(scenario());
  add_machine(lab);
  add_waagent(lab,
              "# kept\nProvisioning.Agent=waagent\nResourceDisk.Format=n\n"
              "Provisioning.DeleteRootPassword=n\nExtensions.Enabled=y\n");
  const auto ended = migrate(lab);
  INFO(ended);
  CHECK(ended.status == 0);
  CHECK(lab.read("etc/waagent.conf") ==
        "# kept\nProvisioning.Agent=auto\nResourceDisk.Format=n\n"
        "Provisioning.DeleteRootPassword=n\nExtensions.Enabled=y\n");
  CHECK(contains(lab.read(kDropIn), "GrowRoot=no\n"));
  CHECK(contains(lab.read(kDropIn), "ResourceDisk=no\n"));
  CHECK(contains(lab.read(kDropIn), "LockRoot=no\n"));
  CHECK(lab.exists(kLinks + "multi-user.target.wants/waagent.service"));
  CHECK(lab.exists(kLinks + "multi-user.target.wants/azl-provision.target"));
  check_boots(lab, "WALinuxAgent");
}

TEST_CASE("a VM of azure-init is taken over, also if a link in /usr enables it") {
  for (const bool in_usr : {false, true}) {
    CAPTURE(in_usr);
    Lab lab(scenario());
    add_machine(lab);
    add_azure_init(lab);
    if (in_usr)
      lab.symlink("../azure-init.service", kUnits + "multi-user.target.wants/azure-init.service");
    REQUIRE(lab.run().status == 3);
    const auto ended = migrate(lab);
    INFO(ended);
    CHECK(ended.status == 0);
    CHECK(contains(lab.read(kDropIn), "\nConfigureSshd=no\n"));
    CHECK(contains(lab.read(kDropIn), "\nTimeout=90s\n"));
    CHECK(lab.exists(kLinks + "azure-init.service") == in_usr);
    check_boots(lab, "azure-init");
  }
}

TEST_CASE("beside cloud-init, WALinuxAgent does not provision the VM once cloud-init is off") {
  // It has not run yet, or its record is about another VM.
  for (const auto& record : {std::string(), kOtherVm}) {
    CAPTURE(record);
    Lab lab(scenario());
    add_machine(lab);
    add_cloud_init(lab);
    add_waagent(lab, "Provisioning.Agent=cloud-init\nResourceDisk.Format=y\n", record);
    const auto ended = lab.command({"migrate", "--force", "--format=json"});
    INFO(ended);
    CHECK(ended.status == 0);
    CHECK(lab.read("var/lib/waagent/provisioned") == kVm + "\n");
    CHECK(lab.read("etc/waagent.conf") == "Provisioning.Agent=auto\nResourceDisk.Format=y\n");
    CHECK(!contains(lab.read(kDropIn), "ResourceDisk="));
    check_boots(lab, "cloud-init");
  }
}

TEST_CASE("a dry run lists the same as a run, and changes nothing") {
  Lab lab(scenario());
  add_machine(lab);
  add_cloud_init(lab);
  const auto before = lab.tree();
  const auto schema = Json::parse(read_file("docs/migrate-schema.json"));
  const auto text = lab.command({"migrate", "--dry-run"});
  CHECK(text.status == 0);
  CHECK(contains(text.out,
                 "becomes cloud-init growpart.mode "
                 "(/etc/cloud/cloud.cfg.d/50-growth.cfg:3): [Disk] GrowRoot=no: "));
  CHECK(contains(text.out, "switch-off /etc/cloud/cloud-init.disabled: "));
  const auto listed = lab.command({"migrate", "--dry-run", "--format=json"});
  INFO(listed);
  CHECK(listed.status == 0);
  CHECK(differences(before, lab.tree()) == Strings{});
  auto plan = Json::parse(listed.out);
  CHECK(schema_errors(plan, schema, schema) == Strings{});
  const auto ended = lab.command({"migrate", "--force", "--format=json"});
  auto done = Json::parse(ended.out);
  CHECK(schema_errors(done, schema, schema) == Strings{});
  CHECK(plan.at("keys") == done.at("keys"));
  CHECK(plan.at("steps").size() == done.at("steps").size());
  for (const auto& step : done.at("steps")) CHECK(step.at("done") == true);
  for (const auto& step : plan.at("steps")) CHECK(step.at("done") == false);
}

struct Refusal {
  std::string name;
  void (*change)(Lab&);
  int status;
  const char* text;
};

TEST_CASE("what cannot be taken over is refused, and nothing changes") {
  const std::vector<Refusal> rows = {
      {"no agent",
       [](Lab& lab) {
         for (const auto* path : {"var/lib/cloud", "etc/cloud", "usr/lib/systemd/system"})
           lab.remove(path);
       },
       3, "there is no cloud-init, WALinuxAgent or azure-init here"},
      {"no record", [](Lab& lab) { lab.remove("var/lib/cloud/data"); }, 1,
       "no agent has recorded that it provisioned this VM"},
      {"another VM", [](Lab& lab) { lab.write("var/lib/cloud/data/instance-id", kOtherVm); }, 1,
       "cloud-init provisioned another VM than this one"},
      {"still running", [](Lab& lab) { lab.write("run/cloud-init/status.json", "{}"); }, 1,
       "cloud-init has not ended on this boot"},
      {"switched off", [](Lab& lab) { lab.write("etc/azl-provision/disabled", ""); }, 1,
       "azl-provision is switched off by /etc/azl-provision/disabled"},
      {"no units", [](Lab& lab) { lab.remove(kUnits + "azl-provision.target"); }, 1,
       "azl-provision.target is not installed"},
      {"masked", [](Lab& lab) { lab.symlink("/dev/null", kLinks + "azl-provision.target"); }, 1,
       "azl-provision.target is masked"},
      {"damaged state", [](Lab& lab) { lab.write("var/lib/azl-provision/state.json", "{"); }, 1,
       "the state of azl-provision is damaged"},
      {"begun",
       [](Lab& lab) {
         lab.write("var/lib/azl-provision/state.json",
                   Json({{"schema_version", 1}, {"vm_id", kVm}, {"begun", true}}).dump());
       },
       1, "azl-provision began to provision this VM"},
      {"ours",
       [](Lab& lab) {
         lab.write("var/lib/azl-provision/state.json",
                   Json({{"schema_version", 1},
                         {"vm_id", kVm},
                         {"provisioned", {{"at", "x"}, {"by", "azl-provision"}}}})
                       .dump());
       },
       0, "azl-provision itself provisioned this VM"},
      {"no VM id", [](Lab& lab) { lab.remove("sys/class/dmi/id/product_uuid"); }, 1,
       "the firmware gives no VM id"},
      {"not on Azure", [](Lab& lab) { lab.write("sys/class/dmi/id/chassis_asset_tag", "x"); }, 3,
       "nothing to do: "},
      {"no firmware", [](Lab& lab) { lab.remove("sys/class/dmi/id"); }, 3,
       "cannot see the firmware"},
  };
  for (const auto& [name, change, status, text] : rows) {
    CAPTURE(name);
    Lab lab(scenario());
    add_machine(lab);
    add_cloud_init(lab);
    change(lab);
    const auto before = lab.tree();
    for (const auto* how : {"--dry-run", "--force"}) {
      CAPTURE(std::string(how));
      const auto ended = lab.command({"migrate", how});
      INFO(ended);
      CHECK(ended.status == status);
      CHECK(contains(ended.err, text));
      CHECK(ended.out.empty());
      CHECK(differences(before, lab.tree()) == Strings{});
    }
  }
}

TEST_CASE("without a terminal nothing is changed unless --force is given, and only by root") {
  constexpr uid_t kNobody = 65534;
  Lab lab(scenario());
  add_machine(lab);
  add_cloud_init(lab);
  const auto before = lab.tree();
  CHECK(lab.command({"migrate"}).status == 64);
  if (!lab.command({"--version"}, kNobody).out.empty()) {
    for (const auto* how : {"--force", "--dry-run"}) {
      const auto refused = lab.command({"migrate", how}, kNobody);
      CHECK(refused.status == 1);
      CHECK(contains(refused.err, "run it with sudo"));
    }
  }
  CHECK(differences(before, lab.tree()) == Strings{});
}

TEST_CASE("what the administrator has set stays, in this program's configuration too") {
  Lab lab(scenario());
  add_machine(lab);
  add_cloud_init(lab);
  lab.write("etc/azl-provision/azl-provision.conf", "[Disk]\nGrowRoot=yes\n");
  REQUIRE(migrate(lab).status == 0);
  CHECK(!contains(lab.read(kDropIn), "GrowRoot"));
  lab.write(kDropIn, "[Disk]\nMountPoint=/elsewhere\n");
  CHECK(migrate(lab).status == 0);
  CHECK(lab.read(kDropIn) == "[Disk]\nMountPoint=/elsewhere\n");
}

TEST_CASE("a step that fails ends the migration, and a second run completes it") {
  Lab lab(scenario());
  add_machine(lab);
  add_cloud_init(lab);
  lab.write(kLinks + "multi-user.target.wants", "in the way");
  const auto failed = migrate(lab);
  INFO(failed);
  CHECK(failed.status == 1);
  CHECK(contains(failed.out, "FAILED"));
  CHECK(contains(failed.out,
                 "switch-off /etc/cloud/cloud-init.disabled: two agents must not act on "
                 "one VM; not done"));
  CHECK(!lab.exists("etc/cloud/cloud-init.disabled"));
  lab.remove(kLinks + "multi-user.target.wants");
  CHECK(migrate(lab).status == 0);
  check_boots(lab, "cloud-init");
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
