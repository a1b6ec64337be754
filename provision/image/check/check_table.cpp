// The table of checks. tests/system/checks_document_test.cpp makes docs/checks.md of it.
#include <array>

#include "provision/image/check/checks.h"

namespace azl::provision {
namespace {

using enum CheckSeverity;

constexpr std::array kChecks = {
    CheckInfo{
        Check::kNotInstalled, "not-installed", kError, "azl-provision is not installed",
        "Without the program or its units, nothing provisions the VM: no user is made, and the "
        "platform never receives Ready.",
        "install the package azl-provision into {dir}: docs/image-builders.md, \"Install\"", ""},
    CheckInfo{
        Check::kExtensionUnitsLate, "extension-units-late", kWarning,
        "the units come with a system extension",
        "systemd-sysext merges extensions after the boot's first transaction was made, unless the "
        "initrd merges them. Units of an extension then start too late: sshd and logins do not "
        "wait "
        "for them, and nothing starts the target.",
        "merge the extension in the initrd, or install azl-provision into {dir}/usr", ""},
    CheckInfo{Check::kUnitDisabled, "unit-disabled", kError, "a unit is not enabled",
              "systemd starts azl-provision only if azl-provision.target is enabled. Custom data "
              "is carried "
              "out only if azl-provision-custom-data.service is enabled too. Their preset enables "
              "both, but "
              "installing files does not apply presets.",
              "systemctl --root={dir} enable {name}",
              "enables the unit, unless a preset disables it"},
    CheckInfo{
        Check::kUnitMasked, "unit-masked", kError, "a unit is masked",
        "systemd does not start a masked unit. Without this one, the VM is not provisioned or the "
        "platform is not told.",
        "systemctl --root={dir} unmask {name}", ""},
    CheckInfo{Check::kPartMasked, "part-masked", kNote,
              "a unit that the VM can do without is masked",
              "The VM is provisioned, but its disks are not set up or its custom data is not "
              "carried out.",
              "if that is not wanted: systemctl --root={dir} unmask {name}", ""},
    CheckInfo{
        Check::kPresetDisables, "preset-disables", kWarning, "a preset disables a unit",
        "The unit is enabled now. It will be disabled when presets are applied: by `systemctl "
        "preset-all`, or by systemd on a boot whose /etc/machine-id is missing.",
        "add a file that sorts before {file}: printf 'enable {name}\\n' > "
        "{dir}/etc/systemd/system-preset/00-azl-provision.preset",
        ""},
    CheckInfo{Check::kSwitchedOff, "switched-off", kError, "azl-provision is switched off",
              "/etc/azl-provision/disabled, or azl-provision.provision=no on the kernel command "
              "line, makes "
              "every stage do nothing.",
              "rm {dir}/etc/azl-provision/disabled; remove azl-provision.provision=no from the "
              "kernel command line",
              ""},
    CheckInfo{
        Check::kConfigMistake, "config-mistake", kWarning,
        "a line of the configuration cannot be used",
        "The line is ignored, and the default counts. If it may be about [User] or [Ssh], the boot "
        "ends with a warning.",
        "azl-provision config --check --root={dir}", ""},
    CheckInfo{Check::kOtherAgentEnabled, "other-agent-enabled", kError,
              "another provisioning agent is enabled",
              "Two agents must not provision one VM. If cloud-init or azure-init is enabled, "
              "azl-provision "
              "does nothing and exits with status 3.",
              "remove the other agent; or touch {dir}/etc/cloud/cloud-init.disabled; or systemctl "
              "--root={dir} disable azure-init.service",
              ""},
    CheckInfo{
        Check::kWaagentReportsReady, "waagent-reports-ready", kWarning,
        "WALinuxAgent would report Ready itself",
        "With any value of Provisioning.Agent but auto, waagent and cloud-init, WALinuxAgent tells "
        "the "
        "platform Ready whenever it starts, whatever became of provisioning. With auto it stays "
        "silent, because azl-provision writes /var/lib/waagent/provisioned.",
        "sed -i 's/^Provisioning.Agent=.*/Provisioning.Agent=auto/' {dir}{file}", ""},
    CheckInfo{Check::kOrderingCycle, "ordering-cycle", kError,
              "the units form an ordering cycle with those of azl-provision",
              "systemd breaks a cycle by not starting one of its units. Which one is not certain: "
              "it may be "
              "azl-provision's, sshd's or the network's.",
              "systemd-analyze verify --root={dir} --man=no multi-user.target; remove one of the "
              "After= or "
              "Before= of the image's own unit",
              ""},
    CheckInfo{
        Check::kNoDhcp, "no-dhcp", kError, "no DHCP for the NIC of an Azure VM",
        "Without a lease there is no route to the metadata service and to the platform. "
        "systemd-networkd "
        "uses the first .network file that matches a link, in the order of the names. "
        "azl-provision's own file is the last one. With NetworkManager, none of this is needed.",
        "systemctl --root={dir} enable systemd-networkd.service; keep "
        "99-azl-provision-default.network and 80-azl-provision-link.rules; set DHCP=yes in the "
        "file "
        "that precedes it",
        ""},
    CheckInfo{
        Check::kDriverMissing, "driver-missing", kError,
        "a kernel lacks a driver of every Azure VM",
        "hv_vmbus, hv_storvsc and hv_netvsc drive the OS disk and the NIC of most VM sizes. A "
        "driver "
        "counts if it is built in, or if modules.dep lists it, its file exists, and no line of "
        "modprobe.d or of the kernel command line blocks it.",
        "install the kernel's package of modules into {dir} and run depmod -b {dir}, or remove the "
        "line that blocks {name}",
        ""},
    CheckInfo{
        Check::kMediaDriverMissing, "media-driver-missing", kWarning,
        "a kernel cannot read the provisioning media",
        "The media is a DVD with UDF, which isofs can read as well. Without it, a VM is "
        "provisioned "
        "from the metadata service alone: it gets no password and no custom data. Hardening guides "
        "block udf by a line in modprobe.d.",
        "remove the line that blocks {name}, or install the package of modules that has it", ""},
    CheckInfo{Check::kSizeDriverMissing, "size-driver-missing", kWarning,
              "a kernel lacks a driver of some VM sizes",
              "nvme and pci_hyperv drive the disks of VM sizes with NVMe, also the OS disk. mana "
              "is the NIC "
              "of new sizes; mlx5_core and pci_hyperv accelerate that of others.",
              "install the package of modules that has {name}, or remove the line that blocks it",
              ""},
    CheckInfo{Check::kOldSizeDriverMissing, "old-size-driver-missing", kNote,
              "a kernel lacks a driver of old VM sizes",
              "mlx4_core accelerates the NIC of older hosts. Without it, the NIC works through "
              "hv_netvsc.",
              "install the package of modules that has {name}, if such sizes are used", ""},
    CheckInfo{Check::kResourceDiskDriverMissing, "resource-disk-driver-missing", kNote,
              "a kernel cannot read NTFS",
              "Azure delivers the resource disk with NTFS. Without ntfs3, azl-provision cannot see "
              "whether "
              "files are on it, and leaves it alone. With [Disk] ResourceDisk=no it is not needed.",
              "install the package of modules that has {name}, or set ResourceDisk=no", ""},
    CheckInfo{
        Check::kInitrdDriverMissing, "initrd-driver-missing", kError,
        "an initrd lacks a driver of the OS disk",
        "The initrd mounts the root file system. Without hv_vmbus, hv_storvsc and the driver of "
        "the "
        "file system, the VM waits for its OS disk and never boots. An initrd that is made on "
        "another hypervisor has only that one's drivers unless it is told to add these.",
        "dracut: add_drivers+=\" {name} \" in {dir}/etc/dracut.conf.d/azure.conf; initramfs-tools: "
        "echo "
        "{name} >> {dir}/etc/initramfs-tools/modules; then make the initrd again",
        ""},
    CheckInfo{Check::kInitrdSizeDriverMissing, "initrd-size-driver-missing", kWarning,
              "an initrd lacks a driver of the OS disk of some VM sizes",
              "VM sizes whose OS disk is NVMe boot only if the initrd has nvme and pci_hyperv.",
              "dracut: add_drivers+=\" {name} \" in {dir}/etc/dracut.conf.d/azure.conf; "
              "initramfs-tools: echo "
              "{name} >> {dir}/etc/initramfs-tools/modules; then make the initrd again",
              ""},
    CheckInfo{
        Check::kNoSerialConsole, "no-serial-console", kWarning,
        "no serial console on the kernel command line",
        "Azure shows the serial port: the boot's messages, and a login prompt where the network "
        "fails. azl-provision prints its outcome there. The port is ttyS0 on x86-64 and ttyAMA0 on "
        "Arm.",
        "add console=ttyS0 (Arm: console=ttyAMA0) to the kernel command line: grubby "
        "--update-kernel=ALL --args=console=ttyS0, or GRUB_CMDLINE_LINUX in {dir}/etc/default/grub "
        "and update-grub",
        ""},
    CheckInfo{
        Check::kFstabWithoutNofail, "fstab-without-nofail", kError,
        "a line of fstab stops a boot without its disk",
        "If the device does not appear in 90 s, systemd enters emergency mode. VM sizes differ in "
        "their disks, and /dev/sdX names change from boot to boot. Only what is on the OS disk, by "
        "UUID or label, is always there.",
        "add nofail to the options in {dir}/etc/fstab, or remove the line", ""},
    CheckInfo{
        Check::kFstabSwap, "fstab-swap", kWarning,
        "a swap device of fstab may be another disk or missing",
        "The boot waits 90 s for a missing device. /dev/sdX may be another disk on the next boot.",
        "name the device by UUID or label and add nofail in {dir}/etc/fstab, or set [Disk] "
        "SwapFile= "
        "in azl-provision.conf",
        ""},
    CheckInfo{Check::kProgramMissing, "program-missing", kError, "a program is missing",
              "azl-provision runs it to make the user, the host keys or the sudo rule. Without it, "
              "provisioning fails.",
              "dnf --installroot={dir} install /usr/bin/{name} or /usr/sbin/{name}; on Debian apt "
              "install "
              "the package that has it (passwd, openssh-server, sudo)",
              ""},
    CheckInfo{
        Check::kLibcurlMissing, "libcurl-missing", kError, "libcurl.so.4 is missing",
        "The library is loaded at the first request. Without it, neither the metadata service nor "
        "the platform can be reached, and the platform never receives Ready.",
        "dnf --installroot={dir} install libcurl; on Debian apt install libcurl4 (or libcurl4t64)",
        ""},
    CheckInfo{Check::kDiskProgramMissing, "disk-program-missing", kWarning,
              "a program for disks is missing",
              "The configuration asks for a file system, swap, an array or growth that needs it. "
              "The VM is "
              "provisioned, but its report has a warning.",
              "install the package that has {name} (e2fsprogs, xfsprogs, btrfs-progs, util-linux, "
              "mdadm), or "
              "change [Disk] in azl-provision.conf",
              ""},
    CheckInfo{Check::kHelperMissing, "helper-missing", kNote,
              "a program is missing that adds to the report",
              "hypervkvpd passes the report to the host as a key-value pair. tar and zstd make the "
              "archive "
              "of `azl-provision report --bundle`.",
              "install the package that has {name} (hyperv-daemons, tar, zstd)", ""},
    CheckInfo{Check::kSshdDisabled, "sshd-disabled", kError, "no unit starts sshd",
              "The VM is provisioned, but nobody can log in over SSH.",
              "systemctl --root={dir} enable sshd.service (Debian: ssh.service)", ""},
    CheckInfo{Check::kSshdBroken, "sshd-broken", kError, "sshd refuses its configuration",
              "sshd does not start with a configuration that `sshd -t` refuses.",
              "sshd -t in the image names the line; correct {dir}/etc/ssh/sshd_config or the files "
              "that it "
              "includes",
              ""},
    CheckInfo{
        Check::kSshdIgnoresSettings, "sshd-ignores-settings", kWarning,
        "sshd does not obey the drop-in about passwords",
        "azl-provision turns logins by password on or off by a drop-in in /etc/ssh/sshd_config.d, "
        "and "
        "never changes sshd_config. sshd uses the first value that it reads. If it does not obey, "
        "the password of a VM is locked, or cannot be used over SSH.",
        "put `Include /etc/ssh/sshd_config.d/*.conf` before all other lines of "
        "{dir}/etc/ssh/sshd_config",
        ""},
    CheckInfo{Check::kSshdLetsNobodyIn, "sshd-lets-nobody-in", kError,
              "sshd would refuse the admin user",
              "The admin user has an SSH key and a locked password. sshd was asked what it does "
              "for such a "
              "user: it accepts neither.",
              "correct the setting that the finding names in {dir}/etc/ssh", ""},
    CheckInfo{Check::kSshdPolicy, "sshd-policy", kWarning,
              "a policy of sshd keeps the admin user out",
              "Images for domain users have such a policy on purpose. The VM is provisioned with a "
              "warning; "
              "with [Ssh] RequireLogin=yes the deployment fails.",
              "add the admin user's group to the policy in {dir}/etc/ssh, or its groups to [User] "
              "Groups= "
              "in azl-provision.conf",
              ""},
    CheckInfo{
        Check::kSudoersWithoutIncludedir, "sudoers-without-includedir", kWarning,
        "sudo does not read /etc/sudoers.d",
        "The admin user's rule is a file in /etc/sudoers.d. Without the include, sudo asks for a "
        "password that the user does not have.",
        "echo '@includedir /etc/sudoers.d' >> {dir}/etc/sudoers", ""},
    CheckInfo{Check::kSudoersOverruled, "sudoers-overruled", kWarning,
              "a later rule of sudo overrules that of the admin user",
              "In sudo the last rule that matches counts. A rule behind @includedir, or in a file "
              "that sorts "
              "after 90-azl-provision, overrules the one without a password.",
              "visudo -f {dir}{file}: move the rule before @includedir /etc/sudoers.d", ""},
    CheckInfo{
        Check::kAgeingLocksOut, "ageing-locks-out", kWarning,
        "the defaults of password ageing lock out new users",
        "useradd gives new users PASS_MAX_DAYS of /etc/login.defs, and INACTIVE and EXPIRE of "
        "/etc/default/useradd. A user without a password cannot change it in time.",
        "chroot {dir} useradd -D -f -1 -e ''; sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/' "
        "{dir}/etc/login.defs; or set [User] PasswordAgeing=lift",
        ""},
    CheckInfo{Check::kUserWithPassword, "user-with-password", kWarning,
              "an account of the image has a password",
              "Everybody who knows it can log in to every VM of the image.",
              "chroot {dir} userdel -r {name}; for root: chroot {dir} passwd -l root", ""},
    CheckInfo{Check::kUserWithKeys, "user-with-keys", kWarning,
              "an account of the image has authorized keys",
              "The owners of these keys can log in to every VM of the image.",
              "chroot {dir} userdel -r {name}; for root: rm {dir}{file}", ""},
    CheckInfo{
        Check::kStaleState, "stale-state", kWarning, "the state of an earlier VM is in the image",
        "azl-provision recognizes a new VM by its id and provisions it, but its machine id changes "
        "only with the second boot, and the reports of the earlier VM stay.",
        "azl-provision check-image --fix --root={dir}",
        "removes /var/lib/azl-provision but programs"},
    CheckInfo{Check::kStaleAgentState, "stale-agent-state", kWarning,
              "the state of another agent is in the image",
              "It is that of an earlier VM: its ovf-env.xml, host name and instance. Programs that "
              "read it "
              "see the wrong VM.",
              "rm -rf {dir}{file}", ""},
    CheckInfo{Check::kStaleHostKeys, "stale-host-keys", kWarning, "SSH host keys are in the image",
              "Everybody who has the image has the private keys. azl-provision replaces them, "
              "unless [Ssh] "
              "ReplaceHostKeys=no or the VM is not provisioned.",
              "rm {dir}/etc/ssh/ssh_host_*_key*", "removes the host keys"},
    CheckInfo{Check::kStaleMachineId, "stale-machine-id", kWarning, "the image has a machine id",
              "All VMs of the image share it until they are provisioned, and what ran before then "
              "has used it: "
              "the journal, DHCP, D-Bus.",
              "truncate -s 0 {dir}{file}", "empties the file"},
    CheckInfo{Check::kFirstBootPresets, "first-boot-presets", kWarning,
              "the machine id makes systemd apply all presets",
              "If /etc/machine-id is missing or says \"uninitialized\", systemd takes the boot for "
              "the first "
              "one and applies all presets: what the image's builder enabled or disabled is lost. "
              "An empty "
              "file is made an id of its own too, without that.",
              "truncate -s 0 {dir}/etc/machine-id", "makes the file empty"},
    CheckInfo{Check::kSelinuxUnlabeled, "selinux-unlabeled", kError,
              "SELinux is enforcing, and files have no labels",
              "With an enforcing policy, files without a label cannot be read by most services: "
              "logins and "
              "sshd fail.",
              "setfiles -F -r {dir} {dir}/etc/selinux/targeted/contexts/files/file_contexts {dir}, "
              "or touch "
              "{dir}/.autorelabel",
              ""},
    CheckInfo{Check::kNotChecked, "not-checked", kNote, "something could not be checked",
              "A program or a permission is missing on the machine that runs the check, or the "
              "image has a "
              "format that azl-provision cannot read. The detail names it.",
              "run the check as root, with systemd, sshd, zstd, xz and lz4 installed", ""},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kChecks.size(); ++i) {
    if (kChecks[i].check != static_cast<Check>(i)) return false;
  }
  return kChecks.size() == static_cast<std::size_t>(Check::kNotChecked) + 1;
}
static_assert(is_in_order(), "a row for each check, in the order of Check");

}  // namespace

std::span<const CheckInfo> checks() { return kChecks; }

}  // namespace azl::provision
