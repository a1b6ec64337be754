// The courses of a boot: provision, specialized, adopted, refused, or no action at all.
#include <algorithm>
#include <regex>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("courses" * needs_root());

constexpr const char* kVmA = "a0a0a0a0-1111-4222-8333-444444444444";
constexpr const char* kVmB = "b0b0b0b0-5555-4666-8777-888888888888";
constexpr const char* kMachineId = "0123456789abcdef0123456789abcdef\n";

Json vm_a() {
  return R"({"vm": {"vm_id": "a0a0a0a0-1111-4222-8333-444444444444",
                                "name": "host-a", "admin_username": "ann"}})"_json;
}
Json vm_b() {
  return R"({"vm": {"vm_id": "b0b0b0b0-5555-4666-8777-888888888888",
                                "name": "host-b", "admin_username": "bob"}})"_json;
}

/// The state file that VM A has left on a disk.
constexpr const char* kStateOfA = R"({"schema_version": 1,
  "vm_id": "a0a0a0a0-1111-4222-8333-444444444444", "host_keys_made": true,
  "machine_id": "0123456789abcdef0123456789abcdef", "guest_agent": true,
  "provisioned": {"at": "2025-01-01T00:00:00+00:00", "by": "azl-provision", "boot_id": "x",
                  "degraded": false, "specialized": false},
  "reported": {"at": "2025-01-01T00:00:01+00:00", "protocol": "json", "ready": true}})";

/// The directories that a normal first boot changes.
const Strings kMachine = {"etc", "home", "root", "usr"};

Strings changes_of_machine(const Snapshot& before, const Snapshot& after) {
  auto changes = differences(before, after);
  std::erase_if(changes, [](const std::string& change) {
    const auto name = change.substr(change.find(' ') + 1);
    return std::ranges::none_of(kMachine, [&](const std::string& top) {
      return name == top || name.starts_with(top + "/");
    });
  });
  return changes;
}

TEST_CASE("a specialized VM keeps its users, keys, machine id and host name, and tells Ready") {
  Lab lab(R"({"vm": {"vm_id": "b0b0b0b0-5555-4666-8777-888888888888",
                     "specialized": true}})"_json);
  lab.write("var/lib/azl-provision/state.json", kStateOfA)
      .write("etc/machine-id", kMachineId, 0444)
      .write("etc/hostname", "host-a\n")
      .write("etc/ssh/ssh_host_rsa_key", "A's\n", 0600);
  const auto before = lab.tree();
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(changes_of_machine(before, lab.tree()) == Strings{});
  CHECK(lab.told() == "Ready");
  CHECK(lab.kvp().at("result") == "success");
  CHECK(lab.stage().at("course") == "specialized");
  CHECK(lab.state().at("vm_id") == kVmB);
  CHECK(lab.state().at("provisioned").at("specialized") == true);
  CHECK(lab.read("var/lib/waagent/provisioned") == std::string(kVmB) + "\n");
  CHECK(lab.read("var/lib/waagent/published_hostname") == "host-a\n");
  // Host keys are made early in case they are needed; here they must be gone again.
  CHECK(lab.list("run/azl-provision") == Strings{"local.lock", "main.lock", "report.lock"});
  CHECK(lab.run().status == 0);
  CHECK(lab.requests().size() == 2);
}

TEST_CASE("without IMDS and media a new VM id changes no host key: it may be a restored machine") {
  auto scenario = vm_b();
  scenario["ovf"]["enabled"] = false;
  scenario["imds"]["enabled"] = false;
  Lab lab(scenario);
  lab.configure("[Imds]\nTimeout=500ms\n")
      .write("var/lib/azl-provision/state.json", kStateOfA)
      .write("etc/machine-id", kMachineId, 0444)
      .write("etc/ssh/ssh_host_ed25519_key", "A's\n", 0600);
  const auto before = lab.tree();
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 1);
  CHECK(lab.told() == "NotReady");
  CHECK(changes_of_machine(before, lab.tree()) ==
        Strings{"changed etc/ssh/sshd_config.d",
                "new etc/ssh/sshd_config.d/00-azl-provision-closed.conf"});
  CHECK(lab.state().at("vm_id") == kVmA);
}

struct Adoption {
  const char* agent;
  std::string file;
  const char* content;
  unsigned generation;
};

TEST_CASE("a VM that another agent provisioned is adopted without a change or a request") {
  const std::vector<Adoption> rows = {
      Adoption{"cloud-init", "var/lib/cloud/data/instance-id", kVmA, 2},
      Adoption{"cloud-init", "var/lib/cloud/data/instance-id",
               "A0A0A0A0-1111-4222-8333-444444444444\n", 2},
      Adoption{"cloud-init", "var/lib/cloud/data/instance-id",
               "a0a0a0a0-1111-2242-8333-444444444444\n", 2},  // byte-swapped: see below
      Adoption{"WALinuxAgent", "var/lib/waagent/provisioned", kVmA, 1},
      Adoption{"azure-init", "var/lib/azure-init/a0a0a0a0-1111-4222-8333-444444444444.provisioned",
               "", 2},
  };
  for (const auto& row : rows) {
    const std::string content = row.content;
    CAPTURE(row.file);
    CAPTURE(content);
    auto scenario = vm_a();
    scenario["vm"]["generation"] = row.generation;
    Lab lab(scenario);
    // Swapping the bytes of a0a0a0a0 and 1111 changes nothing; 4222 becomes 2242.
    lab.write(row.file, content);
    lab.write("etc/ssh/ssh_host_rsa_key", "the image's\n", 0600);
    const auto before = lab.tree();
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(changes_of_machine(before, lab.tree()) == Strings{});
    CHECK(lab.requests().empty());
    CHECK(lab.stage().at("course") == "adopted");
    CHECK(lab.state().at("vm_id") == kVmA);
    CHECK(lab.state().at("provisioned").at("by") == row.agent);
    CHECK_FALSE(lab.state().contains("untold"));
    CHECK(lab.command({"status"}).status == 0);
    CHECK(lab.command({"status", "--guest-agent"}).status == 0);
  }
}

TEST_CASE("another agent's record of another VM is ignored") {
  Lab lab(vm_a());
  lab.write("var/lib/cloud/data/instance-id", kVmB)
      .write("var/lib/waagent/provisioned", kVmB)
      .write(std::string("var/lib/azure-init/") + kVmB + ".provisioned", "");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.stage().at("course") == "provision");
  CHECK(lab.account_field("passwd", "ann", 0) == "ann");
  CHECK(lab.read("var/lib/waagent/provisioned") == std::string(kVmA) + "\n");
}

TEST_CASE("the VM id of generation 1 matches in both byte orders") {
  auto scenario = vm_a();
  scenario["vm"]["generation"] = 1;
  Lab lab(scenario);
  CHECK(lab.run().status == 0);
  CHECK(lab.state().at("vm_id") == kVmA);  // in the platform's byte order
  lab.reboot().write("var/lib/azl-provision/state.json",
                     std::regex_replace(kStateOfA, std::regex("-4222-"), "-2242-"));
  CHECK(lab.run().status == 0);
  CHECK(lab.requests().size() == 2);
}

struct Condition {
  std::string what;
  void (*prepare)(Lab&);
  int status;
  const char* says;
};

TEST_CASE("where azl-provision must not run, it prints one line and changes nothing") {
  const std::vector<Condition> rows = {
      Condition{"cloud-init is enabled",
                [](Lab& lab) {
                  lab.write("usr/lib/systemd/system/cloud-init-local.service", "[Unit]\n");
                  lab.write("etc/systemd/system/cloud-init.target.wants/cloud-init-local.service",
                            "");
                },
                3, "cloud-init is enabled too"},
      Condition{"azure-init is enabled",
                [](Lab& lab) {
                  lab.write("etc/systemd/system/multi-user.target.wants/azure-init.service", "");
                },
                3, "azure-init is enabled too"},
      Condition{"the kernel command line says no",
                [](Lab& lab) {
                  lab.write("proc/cmdline",
                            "root=LABEL=root ro azl-provision.provision=no quiet\n");
                },
                3, "switched off by azl-provision.provision=no on the kernel command line"},
      Condition{"the file that switches it off is there",
                [](Lab& lab) { lab.write("etc/azl-provision/disabled", ""); }, 3,
                "switched off by /etc/azl-provision/disabled"},
      Condition{"another cloud",
                [](Lab& lab) { lab.write("sys/class/dmi/id/chassis_asset_tag", "Amazon EC2\n"); },
                3, "'Amazon EC2' is not Azure's"},
      Condition{"no asset tag", [](Lab& lab) { lab.remove("sys/class/dmi/id/chassis_asset_tag"); },
                3, "there is no chassis asset tag"},
      Condition{"no firmware tables", [](Lab& lab) { lab.remove("sys/class/dmi"); }, 3,
                "cannot see the firmware of this disk's VM"},
      Condition{"a container on an Azure VM",
                [](Lab& lab) { lab.write("run/systemd/container", "docker\n"); }, 3,
                "this is a container"},
      Condition{"WSL",
                [](Lab& lab) {
                  lab.remove("sys/class/dmi");
                  lab.write("proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
                },
                0, "not applicable"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Lab lab(vm_a());
    row.prepare(lab);
    const auto before = snapshot(lab.root());
    for (const std::string stage : {"", "local", "main", "report"}) {
      const auto run = lab.run({.stage = stage});
      INFO(run);
      CHECK(run.status == row.status);
      CHECK(run.out.empty());
      CHECK(run.err.starts_with("azl-provision: "));
      CHECK(run.err.find(row.says) != std::string::npos);
      CHECK(std::ranges::count(run.err, '\n') == 1);
    }
    CHECK(differences(before, snapshot(lab.root())) == Strings{});
    CHECK(lab.requests().empty());
    CHECK(lab.command({"status"}).status == 3);
    // azl-provision does not hold back the guest agent here.
    CHECK(lab.command({"status", "--guest-agent"}).status == 0);
  }
}

TEST_CASE("a disabled cloud-init does not keep azl-provision from running") {
  const std::vector<Condition> rows = {
      Condition{"disabled by its file",
                [](Lab& lab) { lab.write("etc/cloud/cloud-init.disabled", ""); }, 0, ""},
      Condition{"disabled on the command line",
                [](Lab& lab) { lab.write("proc/cmdline", "ro cloud-init=disabled\n"); }, 0, ""},
      Condition{"installed and not enabled",
                [](Lab& lab) { lab.remove("etc/systemd/system/cloud-init.target.wants"); }, 0, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Lab lab(vm_a());
    lab.write("usr/lib/systemd/system/cloud-init-local.service", "[Unit]\n")
        .write("etc/systemd/system/cloud-init.target.wants/cloud-init-local.service", "");
    row.prepare(lab);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == row.status);
    CHECK(lab.told() == "Ready");
  }
}

TEST_CASE("a new VM from a captured image gets its own host keys, machine id and user") {
  Lab lab(vm_a());
  lab.write("etc/machine-id", kMachineId, 0444);
  REQUIRE(lab.run().status == 0);
  CHECK(lab.read("etc/machine-id") == kMachineId);
  CHECK(lab.state().at("machine_id") == "0123456789abcdef0123456789abcdef");
  const auto key_of_a = lab.read("etc/ssh/ssh_host_ed25519_key");

  lab.become(vm_b());
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.stage().at("course") == "provision");
  const auto key_of_b = lab.read("etc/ssh/ssh_host_ed25519_key");
  CHECK(key_of_b.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
  CHECK(key_of_b != key_of_a);
  const auto machine_id = lab.read("etc/machine-id");
  CHECK(machine_id != kMachineId);
  CHECK(std::regex_match(machine_id, std::regex("[0-9a-f]{32}\n")));
  CHECK(mode_of(lab.path("etc/machine-id")) == 0444);
  CHECK(lab.read("etc/hostname") == "host-b\n");
  CHECK(lab.account_field("passwd", "bob", 2) == "1001");
  CHECK(lab.account_field("passwd", "ann", 2) == "1000");
  CHECK(lab.read("var/lib/waagent/provisioned") == std::string(kVmB) + "\n");
  CHECK(lab.state().at("vm_id") == kVmB);
  CHECK(lab.state().at("machine_id").get<std::string>() + "\n" == machine_id);
  CHECK(lab.kvp().at("vm_id") == kVmB);
}

TEST_CASE("the machine id of an image that cloud-init provisioned as another VM is renewed") {
  for (const bool refused_first : {false, true}) {
    CAPTURE(refused_first);
    auto scenario = vm_a();
    if (refused_first) scenario["vm"]["admin_username"] = "root";
    Lab lab(scenario);
    lab.write("etc/machine-id", kMachineId, 0444).write("var/lib/cloud/data/instance-id", kVmB);
    if (refused_first) {
      CHECK(lab.run().status == 1);
      CHECK(lab.read("etc/machine-id") == kMachineId);
      lab.reboot().become(vm_a());
    }
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    const auto machine_id = lab.read("etc/machine-id");
    CHECK(machine_id != kMachineId);
    CHECK(std::regex_match(machine_id, std::regex("[0-9a-f]{32}\n")));
    CHECK(lab.state().at("machine_id").get<std::string>() + "\n" == machine_id);
    lab.reboot();
    CHECK(lab.run().status == 0);
    CHECK(lab.read("etc/machine-id") == machine_id);
  }
}

TEST_CASE("a first boot without any network does not hide that the image is another VM's") {
  auto scenario = vm_a();
  scenario["imds"]["enabled"] = false;
  scenario["wireserver"]["enabled"] = false;
  scenario["ovf"]["enabled"] = false;
  Lab lab(scenario);
  lab.configure("[Imds]\nTimeout=500ms\n[Report]\nInlineTimeout=500ms\nLateTimeout=500ms\n")
      .write("etc/machine-id", kMachineId, 0444)
      .write("etc/ssh/ssh_host_ed25519_key", "B's\n", 0600)
      .write("var/lib/cloud/data/instance-id", kVmB);
  for (int boot = 1; boot <= 2; ++boot) {
    CHECK(lab.run().status == 1);
    CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") == "B's\n");  // it may be a restored machine
    CHECK(lab.read("etc/machine-id") == kMachineId);
    lab.reboot();
  }
  lab.become(vm_a());
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") != "B's\n");
  CHECK(lab.read("etc/machine-id") != kMachineId);
}

TEST_CASE("a machine id is kept unless the state file says that it belongs to another VM") {
  Lab lab(vm_a());
  REQUIRE(lab.run().status == 0);  // the image had no machine id yet
  lab.become(vm_b()).write("etc/machine-id", kMachineId, 0444);
  CHECK(lab.run().status == 0);
  CHECK(lab.read("etc/machine-id") == kMachineId);
  CHECK(lab.state().at("machine_id").get<std::string>() + "\n" == kMachineId);
}

TEST_CASE("the local stage does not rename a machine that another agent provisioned") {
  Lab lab(vm_a());
  lab.write("var/lib/cloud/data/instance-id", kVmA).write("etc/hostname", "renamed\n");
  CHECK(lab.run({.stage = "local"}).status == 0);
  CHECK(lab.read("etc/hostname") == "renamed\n");
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
