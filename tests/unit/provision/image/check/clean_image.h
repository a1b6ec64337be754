// An image in which check_image() finds nothing.
#pragma once

#include "provision/image/check/check_image.h"
#include "provision/image/check/image_facts.h"

namespace azl::test {

inline provision::ImageFacts clean_image() {
  using namespace provision;
  ImageFacts facts;
  facts.agent.program = "/usr/bin/azl-provision";
  for (const auto& unit : agent_units())
    facts.agent.units.push_back({.name = std::string(unit.name),
                                 .file = "/usr/lib/systemd/system/" + std::string(unit.name),
                                 .enabled = unit.enabled});
  facts.agent.verify = "";
  facts.network.networkd = true;
  facts.network.has_link_rules = true;
  facts.network.files = {
      {.name = "99-azl-provision-default.network",
       .parts = {{.path = "/usr/lib/systemd/network/99-azl-provision-default.network",
                  .text = "[Match]\nProperty=AZL_LINK_DHCP=yes\n[Network]\nDHCP=ipv4\n"}}}};
  facts.drivers.root_type = "ext4";
  facts.drivers.kernels = {
      {.version = "6.6.1",
       .has_modules_dep = true,
       .modules = {"hv_netvsc", "hv_storvsc", "udf", "isofs", "nvme", "mlx5_core", "mlx4_core",
                   "mana", "pci_hyperv", "ntfs3", "ext4"},
       .builtin = {"hv_vmbus"}}};
  facts.drivers.initrds = {{.path = "/boot/initramfs-6.6.1.img",
                            .version = "6.6.1",
                            .modules = {"hv_storvsc", "nvme", "pci_hyperv", "ext4"}}};
  facts.boot.architecture = ImageArchitecture::kX86;
  facts.boot.command_lines = {{.line = {.path = "/boot/grub2/grub.cfg",
                                        .line = 9,
                                        .text = "ro console=tty1 console=ttyS0,115200"}}};
  facts.boot.fstab =
      "UUID=1 / ext4 defaults 0 1\nUUID=2 /boot ext4 defaults 0 2\ntmpfs /tmp tmpfs\n";
  facts.accounts.today = 20'000;
  facts.accounts.new_user = {.last_change = 20'000, .maximum = 99'999};
  facts.accounts.users = {{.name = "root"}};
  facts.accounts.sample = {
      .name = "azureuser", .uid = 1000, .groups = {"azureuser", "wheel"}, .gids = {1000, 10}};
  facts.accounts.has_sudo = true;
  facts.accounts.sudoers.lines = {
      {.file = "/etc/sudoers", .number = 1, .text = "%wheel ALL=(ALL) ALL"},
      {.file = std::string(kSudoersFile),
       .number = 2,
       .text = "azureuser ALL=(ALL:ALL) NOPASSWD: ALL"}};
  facts.sshd = {.installed = true, .enabled = true};
  facts.sshd.answer = parse_sshd_answer(
      "pubkeyauthentication yes\nusepam yes\nauthorizedkeysfile .ssh/authorized_keys\n");
  facts.state.machine_id = "";
  return facts;
}

}  // namespace azl::test
