#include "provision/image/check/read_image.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/image/check/layered_files.h"
#include "tests/unit/provision/gather/tree_files.h"

using namespace azl;
using namespace azl::provision;
using namespace azl::test;
using namespace std::chrono_literals;

namespace {

using Read = void (*)(const ImageSource&, ImageFacts&);

/// Reads one part of a tree. No program is run by these.
ImageFacts read(const TemporaryTree& tree, Read part, ImageFacts facts = {}) {
  SystemProcesses processes;
  const SystemClock clock;
  const Deadline deadline(clock, 60s);
  const auto root = root_of(tree);
  part({root, processes, deadline}, facts);
  return facts;
}

}  // namespace

TEST_CASE("files of earlier directories hide those of later ones") {
  TemporaryTree tree;
  tree.write("etc/x/10-a.conf", "1")
      .write("usr/x/10-a.conf", "2")
      .write("usr/x/05-b.conf", "")
      .write("usr/x/c.txt", "")
      .symlink("/dev/null", "etc/x/20-c.conf")
      .write("usr/x/20-c.conf", "3");
  constexpr std::array<std::string_view, 3> kDirectories = {"/etc/x", "/run/x", "/usr/x"};
  const auto files = list_layered_files(root_of(tree), kDirectories, ".conf");
  REQUIRE(files.size() == 3);
  CHECK(files[0].path == "/usr/x/05-b.conf");
  CHECK(files[0].masked);
  CHECK(files[1].path == "/etc/x/10-a.conf");
  CHECK(!files[1].masked);
  CHECK(files[2].path == "/etc/x/20-c.conf");
  CHECK(files[2].masked);
}

TEST_CASE("the first preset that matches a unit counts") {
  TemporaryTree tree;
  tree.write("etc/systemd/system-preset/50-x.preset", "# x\nenable azl-*.target\n")
      .write("usr/lib/systemd/system-preset/99-default.preset", "disable *\n")
      .write("usr/lib/systemd/system-preset/50-x.preset", "disable azl-provision.target\n");
  const Presets presets(root_of(tree));
  const auto found = presets.find("azl-provision.target");
  CHECK(found.enables);
  CHECK(found.line.path == "/etc/systemd/system-preset/50-x.preset");
  CHECK(found.line.line == 2);
  CHECK(!presets.find("sshd.service").enables);
  CHECK(Presets(root_of(TemporaryTree())).find("sshd.service").enables);
}

TEST_CASE(
    "kernels have the modules of modules.dep whose files exist, and those that are built in") {
  TemporaryTree tree;
  const std::string directory = "usr/lib/modules/6.6.1/";
  tree.write(directory + "modules.dep",
             "kernel/fs/udf/udf.ko.xz: kernel/lib/x.ko\nkernel/drivers/pci/pci-hyperv.ko:\n"
             "kernel/drivers/net/mana.ko:\nkernel/other.ko:\n")
      .write(directory + "kernel/fs/udf/udf.ko.xz", "")
      .write(directory + "kernel/drivers/pci/pci-hyperv.ko", "")
      .write(directory + "kernel/other.ko", "")
      .write(directory + "modules.builtin", "kernel/drivers/hv/hv_vmbus.ko\n")
      .mkdir("usr/lib/modules/6.5.0")
      .write("etc/modprobe.d/cis.conf",
             "# x\ninstall udf /bin/false\nblacklist\tmana\ninstall nvme /sbin/modprobe nvme\n")
      .write("lib/modprobe.d/cis.conf", "blacklist isofs\n");
  ImageFacts facts;
  facts.boot.command_lines = {
      {.line = {.path = "/g", .line = 1, .text = "module_blacklist=hv-netvsc,x"}}};
  facts = read(tree, read_driver_facts, facts);
  REQUIRE(facts.drivers.kernels.size() == 1);
  const auto& kernel = facts.drivers.kernels.front();
  CHECK(kernel.modules == std::set<std::string>{"pci_hyperv", "udf"});
  CHECK(kernel.builtin == std::set<std::string>{"hv_vmbus"});
  std::vector<std::string> blocks;
  for (const auto& block : facts.drivers.blocks)
    blocks.push_back(block.path + ":" + std::to_string(block.line) + " " + block.text);
  CHECK(blocks == std::vector<std::string>{"/etc/modprobe.d/cis.conf:2 udf",
                                           "/etc/modprobe.d/cis.conf:3 mana", "/g:1 hv_netvsc",
                                           "/g:1 x"});
}

TEST_CASE("the value of Provisioning.Agent is read as WALinuxAgent reads it") {
  TemporaryTree tree;
  tree.write("usr/lib/systemd/system/waagent.service", "")
      .write("etc/waagent.conf",
             "#Provisioning.Agent=waagent\nProvisioning.Agent=auto\nProvisioning.Agent = Disabled "
             "# x\n");
  const auto facts = read(tree, read_agent_facts);
  REQUIRE(facts.agent.waagent);
  CHECK(facts.agent.waagent->text == "disabled");
  CHECK(facts.agent.waagent->line == 3);
}

TEST_CASE("an extension counts if only it has the units") {
  TemporaryTree tree;
  tree.write("var/lib/extensions/azl/usr/lib/systemd/system/azl-provision.target", "[Unit]\n")
      .write("var/lib/extensions/other/usr/bin/x", "");
  CHECK(read(tree, read_agent_facts).agent.extensions ==
        std::vector<std::string>{"/var/lib/extensions/azl"});
  tree.write("usr/lib/systemd/system/azl-provision.target", "[Unit]\n");
  CHECK(read(tree, read_agent_facts).agent.extensions.empty());
  tree.write("usr/lib/extension-release.d/extension-release.azl", "");  // merged
  CHECK(read(tree, read_agent_facts).agent.extensions ==
        std::vector<std::string>{"/var/lib/extensions/azl"});
}

TEST_CASE("who configures NICs is who is enabled") {
  TemporaryTree tree;
  tree.write("etc/machine-id", "");
  const auto managers = [&] {
    ImageFacts facts;
    facts.state.machine_id = "";
    return read(tree, read_network_facts, facts).network;
  };
  CHECK(!managers().networkd);
  CHECK(managers().other_manager.empty());
  enable(tree, "networking.service", "etc/systemd/system/multi-user.target.wants");
  CHECK(managers().other_manager.empty());
  tree.write("etc/network/interfaces.d/eth0", "iface eth0 inet dhcp\n");
  CHECK(managers().other_manager == "ifupdown");
  enable(tree, "NetworkManager.service", "etc/systemd/system/multi-user.target.wants");
  CHECK(managers().other_manager == "NetworkManager");
  enable(tree, "systemd-networkd.service", "etc/systemd/system/multi-user.target.wants");
  CHECK(managers().networkd);
  CHECK(managers().other_manager.empty());
}

TEST_CASE("state of an earlier VM is what azl-provision and other agents write") {
  TemporaryTree tree;
  tree.write("var/lib/azl-provision/state.json", "{}")
      .write("var/lib/azl-provision/programs", "")
      .write("etc/systemd/network/50-azl-provision-eth1.network", "")
      .write("etc/ssh/sshd_config.d/50-cloud-init.conf", "# Written by azl-provision: x\n")
      .write("etc/ssh/ssh_host_rsa_key", "x")
      .write("etc/ssh/ssh_host_rsa_key.pub", "x")
      .write("var/lib/waagent/provisioned", "x")
      .write("var/lib/waagent/other", "x")
      .symlink("/var/lib/cloud/instances/1", "var/lib/cloud/instance");
  const auto state = read(tree, read_state_facts).state;
  CHECK(state.own == std::vector<std::string>{"/var/lib/azl-provision/state.json",
                                              "/etc/systemd/network/50-azl-provision-eth1.network",
                                              "/etc/ssh/sshd_config.d/50-cloud-init.conf"});
  CHECK(state.other_agents ==
        std::vector<std::string>{"/var/lib/waagent/provisioned", "/var/lib/cloud/instance"});
  CHECK(state.host_keys == std::vector<std::string>{"/etc/ssh/ssh_host_rsa_key"});
  CHECK(!state.machine_id);
  CHECK(!state.own_machine);
}

TEST_CASE("programs are needed as the configuration asks for them") {
  const TemporaryTree tree;
  ImageFacts facts;
  facts.config.disk.file_system = "xfs";
  facts.config.disk.swap = disk::DiskOptions::Swap::kFile;
  facts.config.user.sudo = SudoRule::kNone;
  std::vector<std::string> missing;
  const auto found = read(tree, read_program_facts, facts);
  for (const auto& each : found.programs.missing) missing.push_back(each.name);
  CHECK(missing == std::vector<std::string>{"useradd", "userdel", "usermod", "groupadd", "groupmod",
                                            "chpasswd", "chage", "ssh-keygen", "sshd", "mkfs.xfs",
                                            "mkswap", "swapon", "hypervkvpd", "tar", "zstd"});
  CHECK(!found.programs.has_libcurl);
}

TEST_CASE("sudo's rule of azl-provision stands where sudo would read it") {
  TemporaryTree tree;
  tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
      .write("etc/sudoers", "root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n%x ALL=(ALL) ALL\n")
      .write("etc/sudoers.d/10-first", "a ALL=(ALL) ALL\n")
      .write("etc/sudoers.d/95-last", "b ALL=(ALL) ALL\n");
  const auto facts = read(tree, read_account_facts);
  if (facts.accounts.sudoers.lines.empty())
    return;  // without root, sudo would not read these files
  std::vector<std::string> files;
  for (const auto& line : facts.accounts.sudoers.lines)
    files.push_back(line.file + ":" + std::to_string(line.number));
  CHECK(files.size() == 5);
  CHECK(files[1] == "/etc/sudoers.d/10-first:1");
  CHECK(files[2].starts_with(std::string(kSudoersFile)));
  CHECK(files[3] == "/etc/sudoers.d/95-last:1");
}

TEST_CASE("the ageing of a new user is that of useradd's defaults") {
  TemporaryTree tree;
  tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
      .write("etc/login.defs", "#PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t90\nPASS_MIN_DAYS 0\n")
      .write("etc/default/useradd", "INACTIVE=30\nEXPIRE=2030-01-31\n");
  const auto ageing = read(tree, read_account_facts).accounts.new_user;
  CHECK(ageing.maximum == 90);
  CHECK(ageing.inactive == 30);
  CHECK(ageing.expires == 21'945);
  tree.write("etc/default/useradd", "INACTIVE=-1\nEXPIRE=\n");
  const auto never = read(tree, read_account_facts).accounts.new_user;
  CHECK(!never.inactive);
  CHECK(!never.expires);
}
