#include "provision/image/check/check_image.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/image/check/clean_image.h"

using namespace azl::provision;
using azl::test::clean_image;

namespace {

/// An image with one thing changed, and what is found then: "CODE PATH:LINE NAME", without what is
/// empty.
struct Case {
  std::string what;
  std::function<void(ImageFacts&)> change;
  std::vector<std::string> found;
};

std::vector<std::string> found_in(const ImageFacts& facts) {
  std::vector<std::string> found;
  for (const auto& finding : check_image(facts)) {
    std::string text(info_of(finding.check).code);
    if (!finding.path.empty()) text += " " + finding.path;
    if (finding.line > 0) text += ":" + std::to_string(finding.line);
    if (!finding.name.empty()) text += " " + finding.name;
    CHECK_MESSAGE(!finding.detail.empty(), text);
    CHECK_MESSAGE(!finding.detail.ends_with('.'), finding.detail);
    found.push_back(text);
  }
  return found;
}

UnitFacts& unit(ImageFacts& facts, const std::string& name) {
  for (auto& each : facts.agent.units) {
    if (each.name == name) return each;
  }
  FAIL("no unit ", name);
  return facts.agent.units.front();
}

void add_network_file(ImageFacts& facts, const std::string& name, const std::string& text) {
  facts.network.files.insert(
      facts.network.files.begin(),
      {.name = name, .parts = {{.path = "/etc/systemd/network/" + name, .text = text}}});
}

void answer(ImageFacts& facts, const std::string& more) {
  facts.sshd.answer =
      parse_sshd_answer("usepam yes\nauthorizedkeysfile .ssh/authorized_keys\n" + more);
}

void command_line(ImageFacts& facts, const std::string& text) {
  facts.boot.command_lines.front().line.text = text;
}

const std::string kTarget = "azl-provision.target";
const std::string kCustomData = "azl-provision-custom-data.service";

std::vector<Case> agent_cases() {
  return {
      {"no agent",
       [](ImageFacts& f) {
         f.agent.program.clear();
         for (auto& each : f.agent.units) each = {.name = each.name};
       },
       {"not-installed"}},
      {"a unit is missing",
       [](ImageFacts& f) { unit(f, "azl-provision.service").file.clear(); },
       {"not-installed"}},
      {"only in an extension",
       [](ImageFacts& f) {
         f.agent.program.clear();
         for (auto& each : f.agent.units) each = {.name = each.name};
         f.agent.extensions = {"/var/lib/extensions/azl"};
       },
       {"extension-units-late /var/lib/extensions/azl"}},
      {"the target is not enabled",
       [](ImageFacts& f) { unit(f, kTarget).enabled = false; },
       {"unit-disabled " + kTarget}},
      {"custom data is not enabled",
       [](ImageFacts& f) { unit(f, kCustomData).enabled = false; },
       {"unit-disabled " + kCustomData}},
      {"a preset disabled the target",
       [](ImageFacts& f) {
         unit(f, kTarget).enabled = false;
         unit(f, kTarget).preset = {.enables = false, .line = {.path = "/etc/x.preset", .line = 2}};
       },
       {"unit-disabled /etc/x.preset:2 " + kTarget}},
      {"a preset disables the target, which is enabled",
       [](ImageFacts& f) {
         unit(f, kTarget).preset = {.enables = false, .line = {.path = "/etc/x.preset", .line = 2}};
       },
       {"preset-disables /etc/x.preset:2 " + kTarget}},
      {"a link in /usr enables the target, which no preset undoes",
       [](ImageFacts& f) {
         unit(f, kTarget).linked_in_usr = true;
         unit(f, kTarget).preset = {.enables = false, .line = {.path = "/etc/x.preset", .line = 2}};
       },
       {}},
      {"systemd's first boot enables the target by its preset",
       [](ImageFacts& f) {
         unit(f, kTarget).enabled = false;
         f.state.machine_id.reset();
       },
       {"first-boot-presets /etc/machine-id"}},
      {"the main service is masked",
       [](ImageFacts& f) {
         unit(f, "azl-provision.service").masked_by = "/etc/systemd/system/azl-provision.service";
       },
       {"unit-masked /etc/systemd/system/azl-provision.service azl-provision.service"}},
      {"the disks are masked",
       [](ImageFacts& f) { unit(f, "azl-provision-disks.service").masked_by = "/etc/m"; },
       {"part-masked /etc/m azl-provision-disks.service"}},
  };
}

std::vector<Case> rival_cases() {
  return {
      {"switched off by a file",
       [](ImageFacts& f) { f.agent.has_off_file = true; },
       {"switched-off /etc/azl-provision/disabled"}},
      {"switched off on the kernel command line",
       [](ImageFacts& f) { command_line(f, "console=ttyS0 azl-provision.provision=0"); },
       {"switched-off /boot/grub2/grub.cfg:9"}},
      {"a mistake in the configuration",
       [](ImageFacts& f) { f.agent.config_warnings = {"a.conf:1: unknown key"}; },
       {"config-mistake"}},
      {"another agent",
       [](ImageFacts& f) { f.agent.rival = "cloud-init is enabled too"; },
       {"other-agent-enabled"}},
      {"waagent reports Ready",
       [](ImageFacts& f) {
         f.agent.waagent = {.path = "/etc/waagent.conf", .line = 4, .text = "disabled"};
       },
       {"waagent-reports-ready /etc/waagent.conf:4"}},
      {"waagent is automatic",
       [](ImageFacts& f) {
         f.agent.waagent = {.path = "/etc/waagent.conf", .line = 4, .text = "auto"};
       },
       {}},
      {"a cycle with ours",
       [](ImageFacts& f) {
         f.agent.verify =
             "a.target: Found ordering cycle on x.service/start\n"
             "a.target: Found dependency on azl-provision.service/start\n"
             "a.target: Found dependency on x.service/start\n";
       },
       {"ordering-cycle"}},
      {"a cycle with ours that two targets have",
       [](ImageFacts& f) {
         f.agent.verify =
             "a.target: Found ordering cycle on x.service/start\n"
             "a.target: Found dependency on azl-provision.service/start\n"
             "b.target: Found ordering cycle on azl-provision.service/start\n"
             "b.target: Found dependency on x.service/start\n";
       },
       {"ordering-cycle"}},
      {"a cycle of others",
       [](ImageFacts& f) {
         f.agent.verify = "a.target: Found ordering cycle on x.service/start\n";
       },
       {}},
  };
}

std::vector<Case> network_cases() {
  return {
      {"nobody configures NICs", [](ImageFacts& f) { f.network.networkd = false; }, {"no-dhcp"}},
      {"NetworkManager does",
       [](ImageFacts& f) {
         f.network.networkd = false;
         f.network.other_manager = "NetworkManager";
       },
       {}},
      {"the default file is masked",
       [](ImageFacts& f) {
         f.network.files.front() = {.name = "99-azl-provision-default.network",
                                    .masked = true,
                                    .parts = {{.path = "/etc/d", .text = ""}}};
       },
       {"no-dhcp /etc/d"}},
      {"the rules are masked",
       [](ImageFacts& f) {
         f.network.has_link_rules = false;
         f.network.link_rules_masked_by = "/etc/udev/rules.d/80-azl-provision-link.rules";
       },
       {"no-dhcp /etc/udev/rules.d/80-azl-provision-link.rules"}},
      {"a static file precedes it",
       [](ImageFacts& f) {
         add_network_file(f, "10-static.network", "[Match]\nName=eth*\n[Network]\nDHCP=no\n");
       },
       {"no-dhcp /etc/systemd/network/10-static.network:4"}},
      {"a file with DHCP precedes it",
       [](ImageFacts& f) {
         add_network_file(f, "10-dhcp.network", "[Match]\nName=e*\n[Network]\nDHCP=yes\n");
       },
       {}},
      {"a file for other links precedes it",
       [](ImageFacts& f) {
         add_network_file(f, "10-docker.network", "[Match]\nName=docker*\n[Network]\n");
       },
       {}},
      {"there are no files", [](ImageFacts& f) { f.network.files.clear(); }, {"no-dhcp"}},
  };
}

KernelFacts& kernel(ImageFacts& f) { return f.drivers.kernels.front(); }

std::vector<Case> driver_cases() {
  const std::string modules = " /usr/lib/modules/6.6.1";
  return {
      {"no hv_netvsc",
       [](ImageFacts& f) { kernel(f).modules.erase("hv_netvsc"); },
       {"driver-missing" + modules + " hv_netvsc"}},
      {"no modules.dep",
       [](ImageFacts& f) { kernel(f).has_modules_dep = false; },
       {"driver-missing" + modules}},
      {"no udf",
       [](ImageFacts& f) { kernel(f).modules.erase("udf"); },
       {"media-driver-missing" + modules + " udf"}},
      {"no isofs, but udf", [](ImageFacts& f) { kernel(f).modules.erase("isofs"); }, {}},
      {"udf is blocked",
       [](ImageFacts& f) {
         f.drivers.blocks = {{.path = "/etc/modprobe.d/cis.conf", .line = 3, .text = "udf"}};
       },
       {"media-driver-missing /etc/modprobe.d/cis.conf:3 udf"}},
      {"another module is blocked",
       [](ImageFacts& f) {
         f.drivers.blocks = {{.path = "/etc/modprobe.d/cis.conf", .line = 3, .text = "dccp"}};
       },
       {}},
      {"what is built in cannot be blocked",
       [](ImageFacts& f) {
         f.drivers.blocks = {{.path = "/etc/modprobe.d/x.conf", .line = 3, .text = "hv_vmbus"}};
       },
       {}},
      {"no mana",
       [](ImageFacts& f) { kernel(f).modules.erase("mana"); },
       {"size-driver-missing" + modules + " mana"}},
      {"no mlx4",
       [](ImageFacts& f) { kernel(f).modules.erase("mlx4_core"); },
       {"old-size-driver-missing" + modules + " mlx4_core"}},
  };
}

std::vector<Case> initrd_cases() {
  const std::string modules = " /usr/lib/modules/6.6.1";
  return {
      {"no ntfs3",
       [](ImageFacts& f) { kernel(f).modules.erase("ntfs3"); },
       {"resource-disk-driver-missing" + modules + " ntfs3"}},
      {"no ntfs3, and no resource disk wanted",
       [](ImageFacts& f) {
         kernel(f).modules.erase("ntfs3");
         f.config.disk.resource_disk = false;
       },
       {}},
      {"an initrd without the disk's driver",
       [](ImageFacts& f) { f.drivers.initrds.front().modules.erase("hv_storvsc"); },
       {"initrd-driver-missing /boot/initramfs-6.6.1.img hv_storvsc"}},
      {"an initrd without the file system",
       [](ImageFacts& f) { f.drivers.initrds.front().modules.erase("ext4"); },
       {"initrd-driver-missing /boot/initramfs-6.6.1.img ext4"}},
      {"an initrd without NVMe",
       [](ImageFacts& f) { f.drivers.initrds.front().modules.erase("nvme"); },
       {"initrd-size-driver-missing /boot/initramfs-6.6.1.img nvme"}},
      {"an initrd of a kernel that is gone",
       [](ImageFacts& f) {
         f.drivers.initrds.front().version = "6.6.0";
         f.drivers.initrds.front().modules.clear();
       },
       {}},
      {"an initrd that cannot be read",
       [](ImageFacts& f) { f.drivers.initrds.front().unread = "zstd is not installed"; },
       {"not-checked /boot/initramfs-6.6.1.img"}},
      {"no kernel",
       [](ImageFacts& f) {
         f.drivers.kernels.clear();
         f.drivers.initrds.clear();
       },
       {"not-checked"}},
  };
}

std::vector<Case> boot_cases() {
  return {
      {"no serial console",
       [](ImageFacts& f) { command_line(f, "ro console=tty1"); },
       {"no-serial-console /boot/grub2/grub.cfg:9"}},
      {"the serial console of the other architecture",
       [](ImageFacts& f) { f.boot.architecture = ImageArchitecture::kArm; },
       {"no-serial-console /boot/grub2/grub.cfg:9"}},
      {"on Arm, the firmware names the console",
       [](ImageFacts& f) {
         f.boot.architecture = ImageArchitecture::kArm;
         command_line(f, "ro quiet");
       },
       {}},
      {"a command line with unknown variables",
       [](ImageFacts& f) {
         f.boot.command_lines.front() = {.line = {.path = "/b", .line = 1, .text = "ro"},
                                         .complete = false};
       },
       {}},
      {"a data disk by its kernel name",
       [](ImageFacts& f) { f.boot.fstab = "/dev/sdb1 /data ext4 defaults 0 2\n"; },
       {"fstab-without-nofail /etc/fstab:1"}},
      {"/var by a kernel name",
       [](ImageFacts& f) { f.boot.fstab = "#\n/dev/sda3\t/var\text4\tdefaults\n"; },
       {"fstab-without-nofail /etc/fstab:2"}},
      {"a data disk by UUID",
       [](ImageFacts& f) { f.boot.fstab = "UUID=3 /data ext4 defaults 0 2\n"; },
       {"fstab-without-nofail /etc/fstab:1"}},
      {"the resource disk",
       [](ImageFacts& f) {
         f.boot.fstab = "/dev/disk/cloud/azure_resource-part1 /var/mnt auto defaults\n";
       },
       {"fstab-without-nofail /etc/fstab:1"}},
      {"lines that stop no boot",
       [](ImageFacts& f) {
         f.boot.fstab =
             "/dev/sdb1 /data ext4 defaults,nofail 0 2\nUUID=3 /data ext4 noauto\n"
             "LABEL=x /data ext4 x-systemd.automount\nserver:/x /srv nfs defaults\n"
             "/dev/mapper/vg-var /var xfs defaults\nLABEL=log /var/log ext4\n/data /srv none bind\n"
             "/dev/sda1 / ext4 defaults\nUUID=5 none swap sw\n";
       },
       {}},
      {"swap by a kernel name",
       [](ImageFacts& f) { f.boot.fstab = "/dev/sdb2 none swap sw 0 0\n"; },
       {"fstab-swap /etc/fstab:1"}},
      {"files without labels",
       [](ImageFacts& f) { f.selinux = {.enforcing = true, .unlabeled = {"/etc/passwd"}}; },
       {"selinux-unlabeled /etc/passwd"}},
      {"they are labelled at boot",
       [](ImageFacts& f) {
         f.selinux = {.enforcing = true, .autorelabel = true, .unlabeled = {"/etc/passwd"}};
       },
       {}},
  };
}

std::vector<Case> account_cases() {
  return {
      {"programs are missing",
       [](ImageFacts& f) {
         f.programs.missing = {{.name = "useradd"},
                               {.name = "mkfs.xfs", .use = ProgramUse::kDisks},
                               {.name = "zstd", .use = ProgramUse::kReport}};
         f.programs.has_libcurl = false;
       },
       {"program-missing useradd", "libcurl-missing", "disk-program-missing mkfs.xfs",
        "helper-missing zstd"}},
      {"a user with a password",
       [](ImageFacts& f) { f.accounts.users.push_back({.name = "ann", .has_password = true}); },
       {"user-with-password /etc/shadow ann"}},
      {"root without a password",
       [](ImageFacts& f) { f.accounts.users.front().has_empty_password = true; },
       {"user-with-password /etc/shadow root"}},
      {"a user with keys",
       [](ImageFacts& f) {
         f.accounts.users.push_back({.name = "ann", .keys_file = "/home/ann/.ssh/authorized_keys"});
       },
       {"user-with-keys /home/ann/.ssh/authorized_keys ann"}},
      {"shadow cannot be read",
       [](ImageFacts& f) { f.accounts.shadow_read = false; },
       {"not-checked /etc/shadow"}},
      {"a maximum age, which provisioning lifts for a user without a password",
       [](ImageFacts& f) { f.accounts.new_user.maximum = 90; },
       {}},
      {"a maximum age that is kept",
       [](ImageFacts& f) {
         f.accounts.new_user.maximum = 90;
         f.config.user.password_ageing = AgeingPolicy::kKeep;
       },
       {"ageing-locks-out /etc/login.defs"}},
      {"a maximum age with inactivity",
       [](ImageFacts& f) {
         f.accounts.new_user.maximum = 365;
         f.accounts.new_user.inactive = 30;
       },
       {"ageing-locks-out /etc/login.defs"}},
      {"inactivity that provisioning lifts",
       [](ImageFacts& f) {
         f.accounts.new_user.maximum = 365;
         f.accounts.new_user.inactive = 30;
         f.config.user.password_ageing = AgeingPolicy::kLift;
       },
       {}},
      {"accounts that expire",
       [](ImageFacts& f) { f.accounts.new_user.expires = 20'100; },
       {"ageing-locks-out /etc/default/useradd"}},
      {"sudo reads no drop-ins",
       [](ImageFacts& f) { f.accounts.sudoers.lines.pop_back(); },
       {"sudoers-without-includedir /etc/sudoers"}},
      {"a later rule",
       [](ImageFacts& f) {
         f.accounts.sudoers.lines.push_back(
             {.file = "/etc/sudoers", .number = 30, .text = "%wheel ALL=(ALL) ALL"});
       },
       {"sudoers-overruled /etc/sudoers:30"}},
      {"a later rule, and no rule of ours is wanted",
       [](ImageFacts& f) {
         f.accounts.sudoers.lines.pop_back();
         f.config.user.sudo = SudoRule::kNone;
       },
       {}},
  };
}

std::vector<Case> sshd_cases() {
  return {
      {"nothing starts sshd", [](ImageFacts& f) { f.sshd.enabled = false; }, {"sshd-disabled"}},
      {"sshd refuses its files",
       [](ImageFacts& f) {
         f.sshd.refused = "line 3: Bad configuration option";
         f.sshd.answer.reset();
       },
       {"sshd-broken /etc/ssh/sshd_config"}},
      {"sshd could not be asked",
       [](ImageFacts& f) {
         f.sshd.unasked = "sshd is not installed";
         f.sshd.answer.reset();
       },
       {"not-checked /etc/ssh/sshd_config"}},
      {"a drop-in has no effect",
       [](ImageFacts& f) { f.sshd.disobeys = "sshd still accepts passwords"; },
       {"sshd-ignores-settings /etc/ssh/sshd_config"}},
      {"a drop-in has no effect, and none is wanted",
       [](ImageFacts& f) {
         f.sshd.disobeys = "sshd still accepts passwords";
         f.config.ssh.configure_sshd = false;
       },
       {}},
      {"no PAM",
       [](ImageFacts& f) {
         f.sshd.answer = parse_sshd_answer("usepam no\nauthorizedkeysfile .ssh/authorized_keys\n");
       },
       {"sshd-lets-nobody-in"}},
      {"no keys", [](ImageFacts& f) { answer(f, "pubkeyauthentication no\n"); }, {"sshd-policy"}},
      {"no keys, and a login is required",
       [](ImageFacts& f) {
         answer(f, "pubkeyauthentication no\n");
         f.config.ssh.require_login = true;
       },
       {"sshd-lets-nobody-in"}},
      {"only some groups",
       [](ImageFacts& f) { answer(f, "allowgroups sshusers\n"); },
       {"sshd-policy"}},
      {"a group of the user", [](ImageFacts& f) { answer(f, "allowgroups wheel\n"); }, {}},
  };
}

std::vector<Case> state_cases() {
  return {
      {"state of ours",
       [](ImageFacts& f) { f.state.own = {"/var/lib/azl-provision/state.json"}; },
       {"stale-state /var/lib/azl-provision/state.json"}},
      {"state of others",
       [](ImageFacts& f) { f.state.other_agents = {"/var/lib/waagent/provisioned"}; },
       {"stale-agent-state /var/lib/waagent/provisioned"}},
      {"host keys",
       [](ImageFacts& f) { f.state.host_keys = {"/etc/ssh/ssh_host_rsa_key"}; },
       {"stale-host-keys /etc/ssh/ssh_host_rsa_key"}},
      {"a machine id",
       [](ImageFacts& f) { f.state.machine_id = "0123"; },
       {"stale-machine-id /etc/machine-id"}},
      {"a machine id for D-Bus",
       [](ImageFacts& f) { f.state.dbus_machine_id = "0123"; },
       {"stale-machine-id /var/lib/dbus/machine-id"}},
      {"an uninitialized machine id",
       [](ImageFacts& f) { f.state.machine_id = "uninitialized"; },
       {"first-boot-presets /etc/machine-id"}},
      {"a running VM that is provisioned",
       [](ImageFacts& f) {
         f.state = {.own_machine = true,
                    .own = {"/var/lib/azl-provision/state.json"},
                    .other_agents = {"/var/lib/waagent/provisioned"},
                    .host_keys = {"/etc/ssh/ssh_host_rsa_key"},
                    .machine_id = "0123"};
         f.accounts.users.push_back({.name = "ann", .has_password = true});
       },
       {"not-checked"}},
      {"something was not read",
       [](ImageFacts& f) { f.unchecked = {{.path = "/etc/passwd", .text = "it is a FIFO"}}; },
       {"not-checked /etc/passwd"}},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& part :
       {agent_cases(), rival_cases(), network_cases(), driver_cases(), initrd_cases(), boot_cases(),
        account_cases(), sshd_cases(), state_cases()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

TEST_CASE("a clean image has no findings") {
  CHECK(found_in(clean_image()) == std::vector<std::string>{});
}

TEST_CASE("each fault of an image is found, and nothing else") {
  for (const auto& each : all_cases()) {
    CAPTURE(each.what);
    auto facts = clean_image();
    each.change(facts);
    CHECK(found_in(facts) == each.found);
  }
}

TEST_CASE("each check has a case in which it is found") {
  std::set<std::string> codes;
  for (const auto& each : all_cases()) {
    for (const auto& found : each.found) codes.insert(found.substr(0, found.find(' ')));
  }
  for (const auto& info : checks())
    CHECK_MESSAGE(codes.contains(std::string(info.code)), info.code);
}

TEST_CASE("each check has a code of its own and says what, why and what to do") {
  std::set<std::string_view> codes;
  for (const auto& info : checks()) {
    CAPTURE(info.code);
    CHECK(codes.insert(info.code).second);
    CHECK(find_check(info.code) == &info);
    CHECK(info.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
    CHECK(!info.title.ends_with('.'));
    CHECK(info.why.ends_with('.'));
    CHECK(!info.remedy.empty());
    CHECK(!info.remedy.ends_with('.'));
  }
  CHECK(find_check("no-such-check") == nullptr);
}

TEST_CASE("a remedy names the image, the file and the subject") {
  const CheckFinding masked = {.check = Check::kUnitMasked, .name = "azl-provision.service"};
  CHECK(describe_remedy(masked, "/mnt/image/") ==
        "systemctl --root=/mnt/image unmask azl-provision.service");
  CHECK(describe_remedy(masked, "/") == "systemctl --root=/ unmask azl-provision.service");
  const CheckFinding stale = {.check = Check::kStaleAgentState, .path = "/var/lib/cloud/instance"};
  CHECK(describe_remedy(stale, "/") == "rm -rf /var/lib/cloud/instance");
  CHECK(describe_remedy(stale, "/mnt") == "rm -rf /mnt/var/lib/cloud/instance");
  CHECK(describe_remedy({.check = Check::kStaleAgentState}, "DIR") == "rm -rf DIRFILE");
}

TEST_CASE("errors go before warnings in the exit status") {
  CHECK(exit_status_of({.notes = 3}) == 0);
  CHECK(exit_status_of({.warnings = 1}) == 2);
  CHECK(exit_status_of({.warnings = 1, .errors = 1}) == 1);
}
