// azl-provision check-image, on trees of azl-platform with what else an image has.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include <sys/stat.h>

#include "tests/system/json_schema.h"
#include "tests/system/lab.h"
#include "tests/unit/provision/custom_data/parse/packed.h"
#include "tests/unit/provision/image/check/cpio_bytes.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("check-image" * needs_root());

const std::string kUnits = "usr/lib/systemd/system/";
const std::string kWants = "etc/systemd/system/multi-user.target.wants/";
const std::string kKernel = "usr/lib/modules/6.6.1/";
const std::string kInitrd = "boot/initramfs-6.6.1.img";

void enable(Lab& lab, const std::string& unit, const std::string& text) {
  lab.write(kUnits + unit, text);
  lab.symlink("/" + kUnits + unit, kWants + unit);
}

void add_units(Lab& lab) {
  const std::string service = "[Service]\nType=oneshot\nExecStart=/usr/bin/true\n";
  for (const std::string name : {"local", "report", "disks", "custom-data-early"})
    lab.write(kUnits + "azl-provision-" + name + ".service", service);
  lab.write(kUnits + "azl-provision.service",
            "[Unit]\nAfter=azl-provision-local.service\n" + service);
  lab.write(kUnits + "multi-user.target", "[Unit]\nDescription=x\n");
  enable(lab, "azl-provision.target",
         "[Unit]\nWants=azl-provision.service\nAfter=azl-provision.service\n");
  enable(lab, "azl-provision-custom-data.service", service);
  enable(lab, "sshd.service", service);
  enable(lab, "systemd-networkd.service", service);
}

void add_kernel(Lab& lab) {
  std::string dependencies;
  Strings initrd = {"init"};
  for (const std::string name : {"hv_vmbus", "hv_storvsc", "hv_netvsc", "udf", "isofs", "nvme",
                                 "mana", "pci-hyperv", "mlx5_core", "mlx4_core", "ntfs3", "ext4"}) {
    lab.write(kKernel + "kernel/" + name + ".ko.xz", "");
    dependencies += "kernel/" + name + ".ko.xz:\n";
    initrd.push_back(kKernel + "kernel/" + name + ".ko.xz");
  }
  lab.write(kKernel + "modules.dep", dependencies);
  lab.write(kInitrd, packed(cpio_archive(initrd)));
  lab.write("boot/grub2/grub.cfg",
            "linux /vmlinuz-6.6.1 root=LABEL=root ro console=tty1 console=ttyS0\n");
}

/// The tree of azl-platform with the rest of an image in which nothing is wrong.
void complete(Lab& lab) {
  add_units(lab);
  add_kernel(lab);
  for (const std::string name :
       {"useradd", "userdel", "usermod", "groupadd", "groupmod", "chpasswd", "chage", "ssh-keygen",
        "visudo", "sudo", "mkfs.ext4", "hypervkvpd", "tar", "zstd", "azl-provision"})
    lab.write("usr/bin/" + name, "", 0755);
  lab.write("usr/lib/systemd/systemd-growfs", "", 0755);
  lab.write("usr/lib64/libcurl.so.4", "");
  lab.write("usr/lib/systemd/network/99-azl-provision-default.network",
            read_file("units/99-azl-provision-default.network"));
  lab.write("usr/lib/udev/rules.d/80-azl-provision-link.rules",
            read_file("units/80-azl-provision-link.rules"));
}

Json check(Lab& lab, Strings options = {}) {
  options.insert(options.begin(), {"check-image", "--format=json"});
  const auto ended = lab.command(options);
  INFO(ended);
  CHECK(ended.err.empty());
  auto json = Json::parse(ended.out);
  CHECK(json.at("exit_status") == ended.status);
  const auto schema = Json::parse(read_file("docs/checks-schema.json"));
  CHECK(schema_errors(json, schema, schema) == Strings{});
  return json;
}

/// "CODE PATH:LINE NAME" of each finding, without what is empty.
Strings found(const Json& json) {
  Strings list;
  for (const auto& finding : json.at("findings")) {
    auto text = finding.at("code").get<std::string>();
    const auto path = finding.at("path").get<std::string>();
    if (!path.empty()) text += " " + path;
    if (finding.at("line") != 0) text += ":" + std::to_string(finding.at("line").get<int>());
    const auto name = finding.at("name").get<std::string>();
    list.push_back(text + (name.empty() ? "" : " " + name));
  }
  return list;
}

void append(Lab& lab, const std::string& name, const std::string& text) {
  std::ofstream(lab.path(name), std::ios::app) << text;
}

struct Fault {
  std::string what;
  std::function<void(Lab&)> plant;
  Strings found;
};

std::vector<Fault> boot_faults() {
  return {
      {"the target is not enabled",
       [](Lab& lab) { lab.remove(kWants + "azl-provision.target"); },
       {"unit-disabled azl-provision.target"}},
      {"a service is masked",
       [](Lab& lab) { lab.symlink("/dev/null", "etc/systemd/system/azl-provision.service"); },
       {"unit-masked /etc/systemd/system/azl-provision.service azl-provision.service"}},
      {"switched off",
       [](Lab& lab) { lab.write("etc/azl-provision/disabled", ""); },
       {"switched-off /etc/azl-provision/disabled"}},
      {"cloud-init",
       [](Lab& lab) {
         enable(lab, "cloud-init-local.service", "[Service]\nExecStart=/usr/bin/true\n");
       },
       {"other-agent-enabled"}},
      {"a cycle",
       [](Lab& lab) {
         lab.write("etc/systemd/system/sshd.service.d/x.conf",
                   "[Unit]\nBefore=azl-provision.service\nAfter=azl-provision.target\n");
       },
       {"ordering-cycle"}},
      {"a static network",
       [](Lab& lab) {
         lab.write("etc/systemd/network/10-static.network",
                   "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.4/24\n");
       },
       {"no-dhcp /etc/systemd/network/10-static.network"}},
      {"udf is blocked",
       [](Lab& lab) { lab.write("etc/modprobe.d/cis.conf", "#\ninstall udf /bin/true\n"); },
       {"media-driver-missing /etc/modprobe.d/cis.conf:2 udf"}},
      {"an initrd without storage",
       [](Lab& lab) {
         lab.write(kInitrd,
                   packed(cpio_archive({"init", kKernel + "hv_vmbus.ko", kKernel + "ext4.ko",
                                        kKernel + "nvme.ko", kKernel + "pci-hyperv.ko"})));
       },
       {"initrd-driver-missing /boot/initramfs-6.6.1.img hv_storvsc"}},
      {"no serial console",
       [](Lab& lab) { lab.write("boot/grub2/grub.cfg", "linux /vmlinuz ro quiet\n"); },
       {"no-serial-console /boot/grub2/grub.cfg:1"}},
      {"a data disk in fstab",
       [](Lab& lab) { append(lab, "etc/fstab", "/dev/sdb1 /mnt auto defaults 0 2\n"); },
       {"fstab-without-nofail /etc/fstab:2"}},
      {"no chage", [](Lab& lab) { lab.remove("usr/bin/chage"); }, {"program-missing chage"}},
      {"no libcurl", [](Lab& lab) { lab.remove("usr/lib64/libcurl.so.4"); }, {"libcurl-missing"}},
  };
}

std::vector<Fault> account_faults() {
  return {
      {"sshd includes nothing",
       [](Lab& lab) {
         lab.write("etc/ssh/sshd_config", "UsePAM yes\nPasswordAuthentication yes\n", 0600);
       },
       {"sshd-ignores-settings /etc/ssh/sshd_config"}},
      {"sshd without PAM",
       [](Lab& lab) { lab.write("etc/ssh/sshd_config.d/10-x.conf", "UsePAM no\n", 0600); },
       {"sshd-lets-nobody-in"}},
      {"sshd for a group",
       [](Lab& lab) {
         lab.write("etc/ssh/sshd_config.d/10-x.conf", "AllowGroups sshusers\n", 0600);
       },
       {"sshd-policy"}},
      {"sshd with a mistake",
       [](Lab& lab) { append(lab, "etc/ssh/sshd_config", "NoSuchKeyword yes\n"); },
       {"sshd-broken /etc/ssh/sshd_config"}},
      {"sudo without drop-ins",
       [](Lab& lab) { lab.write("etc/sudoers", "root ALL=(ALL) ALL\n", 0440); },
       {"sudoers-without-includedir /etc/sudoers"}},
      {"a rule behind the drop-ins",
       [](Lab& lab) {
         lab.write("etc/sudoers", "@includedir /etc/sudoers.d\n%wheel ALL=(ALL) ALL\n", 0440);
       },
       {"sudoers-overruled /etc/sudoers:2"}},
      {"ageing with inactivity",
       [](Lab& lab) {
         append(lab, "etc/login.defs", "PASS_MAX_DAYS 90\n");
         lab.write("etc/default/useradd", "INACTIVE=30\n", 0600);
       },
       {"ageing-locks-out /etc/login.defs"}},
      {"a user with a password and keys",
       [](Lab& lab) {
         append(lab, "etc/passwd", "ann:x:1001:100::/home/ann:/bin/bash\n");
         append(lab, "etc/shadow",
                "ann:$6$abcdefgh$" + std::string(86, 'x') + ":20000:0:99999:7:::\n");
         lab.write("home/ann/.ssh/authorized_keys", public_key() + "\n", 0600);
       },
       {"user-with-password /etc/shadow ann", "user-with-keys /home/ann/.ssh/authorized_keys ann"}},
      {"waagent reports Ready",
       [](Lab& lab) {
         lab.write(kUnits + "waagent.service", "[Service]\nExecStart=/usr/bin/true\n");
         lab.write("etc/waagent.conf", "Provisioning.Agent=disabled\n");
       },
       {"waagent-reports-ready /etc/waagent.conf:1"}},
      {"state",
       [](Lab& lab) { lab.write("var/lib/azl-provision/state.json", "{}"); },
       {"stale-state /var/lib/azl-provision/state.json"}},
      {"host keys",
       [](Lab& lab) { lab.write("etc/ssh/ssh_host_rsa_key", "x", 0600); },
       {"stale-host-keys /etc/ssh/ssh_host_rsa_key"}},
      {"a machine id",
       [](Lab& lab) { lab.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0444); },
       {"stale-machine-id /etc/machine-id"}},
      {"an uninitialized machine id",
       [](Lab& lab) { lab.write("etc/machine-id", "uninitialized\n", 0444); },
       {"first-boot-presets /etc/machine-id"}},
      {"no labels",
       [](Lab& lab) {
         lab.write("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
         lab.write("etc/selinux/targeted/policy/policy.33", "");
       },
       {"selinux-unlabeled /etc/passwd", "selinux-unlabeled /etc/shadow",
        "selinux-unlabeled /usr/bin/azl-provision", "selinux-unlabeled /usr/sbin/sshd"}},
  };
}

std::vector<Fault> faults() {
  auto all = boot_faults();
  const auto more = account_faults();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST_CASE("the tree of azl-platform has no agent, and a complete image has no findings") {
  Lab lab;
  const auto bare = found(check(lab));
  REQUIRE(!bare.empty());
  CHECK(bare.front() == "not-installed");
  complete(lab);
  const auto before = snapshot(lab.root());
  const auto json = check(lab);
  CHECK(found(json) == Strings{});
  CHECK(json.at("exit_status") == 0);
  CHECK(differences(before, snapshot(lab.root())) == Strings{});
  CHECK(lab.command({"check-image"}).out == "0 errors, 0 warnings, 0 notes\n");
}

TEST_CASE("each planted fault is found by its code, and nothing is changed") {
  for (const auto& fault : faults()) {
    CAPTURE(fault.what);
    Lab lab;
    complete(lab);
    fault.plant(lab);
    const auto before = snapshot(lab.root());
    CHECK(found(check(lab)) == fault.found);
    CHECK(differences(before, snapshot(lab.root())) == Strings{});
  }
}

TEST_CASE("a provisioned tree is an image with the state of an earlier VM") {
  Lab lab;
  complete(lab);
  CHECK(lab.run().status == 0);
  std::set<std::string> codes;
  for (const auto& finding : check(lab).at("findings")) codes.insert(finding.at("code"));
  for (const std::string code :
       {"stale-state", "stale-host-keys", "user-with-keys", "stale-agent-state"})
    CHECK_MESSAGE(codes.contains(code), code);
}

TEST_CASE("--fix repairs what it says, and a second run finds nothing of it") {
  Lab lab;
  complete(lab);
  lab.write("var/lib/azl-provision/state.json", "{}")
      .write("var/lib/azl-provision/boots/1/main.json", "{}")
      .write("var/lib/azl-provision/programs", "x")
      .write("etc/ssh/ssh_host_rsa_key", "x", 0600)
      .write("etc/ssh/ssh_host_rsa_key.pub", "x")
      .write("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0444)
      .remove(kWants + "azl-provision.target");
  const auto ignoring = check(lab, {"--fix", "--ignore", "stale-host-keys"});
  CHECK(found(ignoring) == Strings{});
  CHECK(ignoring.at("fixes").size() == 4);
  CHECK(lab.exists("etc/ssh/ssh_host_rsa_key"));
  CHECK(found(check(lab, {"--fix"})) == Strings{});
  CHECK(check(lab).at("exit_status") == 0);
  CHECK(lab.list("var/lib/azl-provision") == Strings{"programs"});
  CHECK(!lab.exists("etc/ssh/ssh_host_rsa_key.pub"));
  CHECK(lab.read("etc/machine-id").empty());
  CHECK(lab.exists("etc/ssh/sshd_config"));
}

TEST_CASE("--fix removes no user and nothing of other agents") {
  Lab lab;
  complete(lab);
  append(lab, "etc/passwd", "ann:x:1001:100::/home/ann:/bin/bash\n");
  lab.write("home/ann/.ssh/authorized_keys", public_key() + "\n", 0600);
  lab.write("var/lib/waagent/provisioned", "x").write("etc/azl-provision/disabled", "");
  const auto before = snapshot(lab.root());
  CHECK(check(lab, {"--fix"}).at("exit_status") == 1);
  CHECK(differences(before, snapshot(lab.root())) == Strings{});
}

TEST_CASE("checks can be left out, listed and explained") {
  Lab lab;
  complete(lab);
  lab.write("etc/azl-provision/disabled", "");
  CHECK(check(lab, {"--ignore", "switched-off", "--ignore=no-dhcp"}).at("exit_status") == 0);
  const auto unknown = lab.command({"check-image", "--ignore", "switchd-off"});
  CHECK(unknown.status == 64);
  CHECK(contains(unknown.err, "did you mean 'switched-off'?"));
  CHECK(lab.command({"check-image", "--explain", "no-dhcp"}).out.starts_with("no-dhcp: error\n"));
  CHECK(contains(lab.command({"check-image", "--list"}).out, "\nno-dhcp "));
  const auto sarif = Json::parse(lab.command({"check-image", "--format=sarif"}).out);
  CHECK(sarif.at("runs")[0].at("results").size() == 1);
  CHECK(lab.command({"check-image"}).out ==
        lab.root() +
            "/etc/azl-provision/disabled: error: this file switches azl-provision off "
            "[switched-off]\n    rm " +
            lab.root() +
            "/etc/azl-provision/disabled; remove azl-provision.provision=no from the kernel "
            "command line\n\n1 error, 0 warnings, 0 notes\n");
}

TEST_CASE("a FIFO in place of any file stops nothing") {
  for (const std::string name :
       {"etc/fstab", "etc/waagent.conf", "etc/sudoers", "etc/ssh/sshd_config", "etc/machine-id",
        "etc/passwd", "etc/shadow", "etc/login.defs", "etc/default/useradd", "etc/selinux/config",
        "boot/grub2/grub.cfg", "etc/systemd/network/10-x.network",
        "etc/systemd/system-preset/00-x.preset", "etc/modprobe.d/x.conf"}) {
    CAPTURE(name);
    Lab lab;
    complete(lab);
    lab.remove(name);
    std::filesystem::create_directories(std::filesystem::path(lab.path(name)).parent_path());
    REQUIRE(mkfifo(lab.path(name).c_str(), 0600) == 0);
    const auto ended = lab.command({"check-image"});
    INFO(ended);
    CHECK(ended.status <= 2);
  }
}

TEST_CASE("links that lead out of the tree read and change nothing there") {
  Lab lab;
  complete(lab);
  const TemporaryTree outside;
  std::ofstream(outside.path("secret")) << "hunter2\n";
  std::filesystem::create_directories(outside.path("state"));
  std::ofstream(outside.path("state/state.json")) << "{}";
  lab.write("var/lib/.keep", "")
      .remove("var/lib/azl-provision")
      .symlink(outside.path("state"), "var/lib/azl-provision");
  for (const std::string name :
       {"etc/fstab", "etc/machine-id", "etc/ssh/ssh_host_rsa_key", "etc/default/grub"})
    lab.remove(name).symlink(outside.path("secret"), name);
  const auto before = snapshot(outside.path());
  const auto ended = lab.command({"check-image", "--fix"});
  INFO(ended);
  CHECK(!contains(ended.out, "hunter2"));
  CHECK(differences(before, snapshot(outside.path())) == Strings{});
}

TEST_CASE("large and damaged files of an image take bounded time") {
  Lab lab;
  complete(lab);
  std::filesystem::resize_file(lab.path(kInitrd), std::size_t{1} << 30);
  lab.write("boot/initrd-6.6.1", cpio_entry("x", "", 0xffffffff));
  lab.write("boot/initrd.img-6.6.1", packed(std::string(std::size_t{64} << 20, '\0')));
  for (int i = 0; i < 10'000; ++i)
    std::ofstream(lab.path(kUnits + "many" + std::to_string(i) + ".service"))
        << "[Service]\nExecStart=/x\n";
  const auto json = check(lab);
  CHECK(found(json) ==
        Strings{"not-checked /boot/initrd-6.6.1", "not-checked /boot/initrd.img-6.6.1"});
}

TEST_CASE("without root, what was not read is said") {
  Lab lab;
  complete(lab);
  const auto ended = lab.command({"check-image"}, 65534);
  INFO(ended);
  CHECK(contains(ended.out, "only root can see whether accounts have passwords"));
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
