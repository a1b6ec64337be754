#include "provision/record/advice.h"

#include <array>

namespace azl::provision {

namespace {

// Each message_id is drawn once (python3 -c 'import uuid; print(uuid.uuid4().hex)') and never
// changes. The ids of removed reasons are not used again: f38fda04593f4308ab657709772678f5
// (not-azure), 7b95b33e35bb4b0193d4349159b7a78a (other-agent), 9970f8316f9644748520aea967b54f84
// (no-primary).
constexpr auto kAdvice = std::to_array<Advice>({
    {.reason = Reason::kUnexpected,
     .message_id = "f8159db052d346ce9eebd22377d2bb5d",
     .text = "This is a bug in azl-provision: report it with the output of 'azl-provision "
             "--report --format=json'"},
    {.reason = Reason::kIo,
     .message_id = "b320f19d441c4fb5a535473063e2c95f",
     .text = "Look for disk errors in 'dmesg', check that the path named above exists and is a "
             "regular file or directory, then reboot"},
    {.reason = Reason::kDiskFull,
     .message_id = "591266e9c4124cc38ad6765f249c3ec7",
     .text = "Free space ('df -h' and 'df -i' show which file system is full), or deploy with a "
             "larger OS disk, then reboot"},
    {.reason = Reason::kReadOnly,
     .message_id = "ee146d8a735a4221b92f00ea25e99740",
     .text = "Find in 'dmesg' why the file system became read-only (often a disk error or a "
             "wrong line in fstab), run 'mount -o remount,rw /', then reboot"},
    {.reason = Reason::kTimeout,
     .message_id = "0e3953719faf44098819c4368465ff35",
     .text = "Reboot the VM; if it happens again, run 'azl-provision --report' to see which step "
             "timed out and after how long"},
    {.reason = Reason::kInvalidInput,
     .message_id = "8cece13ab99343b4b00b34819dd3551d",
     .text = "Correct the value or file named above, then run again"},
    {.reason = Reason::kConfig,
     .message_id = "64cade63f7b24c5fb31e46ddaaf82edc",
     .text =
         "Correct the line named above; until then azl-provision ignores it and uses the default"},
    {.reason = Reason::kUsage,
     .message_id = "3024d867367143ffa34fce19cfc80508",
     .text = "See 'azl-provision --help' for the commands and their options"},
    {.reason = Reason::kLocked,
     .message_id = "e5fa3d65a0de4266ba2962ca9a9f6c2b",
     .text = "Wait until the other run ends ('azl-provision status --wait'), or stop the process "
             "named above"},
    {.reason = Reason::kInterrupted,
     .message_id = "a82827a112a24c55886aa0b7e821ad0f",
     .text = "Reboot the VM: provisioning continues where it was interrupted; if it happens "
             "again, run 'journalctl -u azl-provision' to see what ended it"},
    {.reason = Reason::kToolMissing,
     .message_id = "62a1f020f18d41309caea5f797fee4fb",
     .text = "Install the package that contains this program in the image; 'tdnf provides "
             "PROGRAM' or 'dnf provides PROGRAM' names the package"},
    {.reason = Reason::kToolFailed,
     .message_id = "1dcc7f945cb945b4baf06d5e16d59e0a",
     .text = "Read the program's own message above; run the same command by hand to see more of "
             "its output"},
    {.reason = Reason::kNoVmId,
     .message_id = "75c4909a532d4151ab61c63e7d07bcb4",
     .text = "Check that 'cat /sys/class/dmi/id/product_uuid' shows a UUID; if it does not, "
             "redeploy the VM, which moves it to another host"},
    {.reason = Reason::kPreprovisioned,
     .message_id = "af9181662d5b4d7b8d3b0d772b1bbfc5",
     .text = "Delete the VM and deploy it again: the platform took it from its pool of "
             "pre-provisioned VMs before it was ready"},
    {.reason = Reason::kMediaUnreadable,
     .message_id = "51aa8122dde747faa53b27b5ffe89280",
     .text = "Run 'modprobe -a udf sr_mod' to check that the image has these kernel modules; "
             "redeploy the VM to attach the media again"},
    {.reason = Reason::kOvfMalformed,
     .message_id = "cc109d560490468dbfb18a828e947c0d",
     .text = "The platform's provisioning media is damaged: delete the VM and deploy it again"},
    {.reason = Reason::kOvfUnexpected,
     .message_id = "22f0b012681b4213a3eece8046296f43",
     .text = "Correct the value named above in the osProfile of the deployment's template, then "
             "deploy again"},
    {.reason = Reason::kNoDhcpInterface,
     .message_id = "6bac3f6515c646f7ba311f493a15fe96",
     .text = "Run 'ip link' to check that the VM has a network interface, and 'dmesg | grep -e "
             "hv_netvsc -e mana' to check that the image has its driver"},
    {.reason = Reason::kNoLease,
     .message_id = "dc2fae40aaaa430fba202b7e61ce9659",
     .text = "Run 'networkctl status' and 'journalctl -u systemd-networkd': a firewall, a static "
             "configuration in the image or a stopped networkd prevents DHCP"},
    {.reason = Reason::kImdsConnectTimeout,
     .message_id = "7b23d5d69f984a559102d7afed801ff9",
     .text = "Check that nothing drops packets to 169.254.169.254 port 80: run 'ip route get "
             "169.254.169.254', and check the image's firewall rules and proxy settings"},
    {.reason = Reason::kImdsConnect,
     .message_id = "6122875abe6b4035a8ef8dc1c7e981f9",
     .text = "Run 'ip route get 169.254.169.254' and check the image's firewall rules, then "
             "reboot the VM"},
    {.reason = Reason::kImdsReadTimeout,
     .message_id = "d577692d49c643c9ad89be3c8c4e11be",
     .text = "Reboot the VM, or redeploy it to another host: the metadata service accepted the "
             "connection but did not answer"},
    {.reason = Reason::kImdsHttp,
     .message_id = "cdb2ddccf3d94082953b488fcfb4a42c",
     .text = "Redeploy the VM to another host; if it happens again, open an Azure support "
             "request with this status and the VM id"},
    {.reason = Reason::kImdsMalformed,
     .message_id = "3ac3870a983043d3ad4c1460e5a898b0",
     .text = "Reboot the VM; if it happens again, run 'curl -H Metadata:true "
             "http://169.254.169.254/metadata/instance?api-version=2021-02-01' to check that no "
             "proxy answers for 169.254.169.254"},
    {.reason = Reason::kImdsInvalidKey,
     .message_id = "cfad45838f654502ba34d2b7669792cd",
     .text = "Correct the value of this key in the deployment's template, then deploy again"},
    {.reason = Reason::kWireServer,
     .message_id = "657217d77ad04b3c8e741a7e48c4a166",
     .text =
         "Check that nothing blocks root's connections to 168.63.129.16 port 80: run 'ip route get "
         "168.63.129.16', and check firewall rules and network security appliances"},
    {.reason = Reason::kNotReported,
     .message_id = "2d7e6deed3b147859def9b2dd2af697e",
     .text = "The VM itself may work: check that it can reach 168.63.129.16 port 80; azl-provision "
             "reports again at the next boot, or now with 'azl-provision run --stage=report'"},
    {.reason = Reason::kKvp,
     .message_id = "d48ad4f42edd447793dd9d867ff48919",
     .text = "Check that hypervkvpd is installed and that root can write to /var/lib/hyperv; "
             "only telemetry to the host is affected"},
    {.reason = Reason::kNetwork,
     .message_id = "911f73a73cb0402bb8ae18b172a0df38",
     .text = "Compare 'networkctl' and 'azl-provision plan' with the VM's NICs in the portal; "
             "the primary NIC works regardless"},
    {.reason = Reason::kDisk,
     .message_id = "8edfc12b784f46929589aa3ea3d8c061",
     .text = "Compare 'lsblk --fs' with the disks in the report; whatever could not be set up "
             "was left unchanged, and the next boot checks it again"},
    {.reason = Reason::kHostName,
     .message_id = "0c710e8f25734e6eb75081b623fc0ba6",
     .text = "Deploy with a computerName of at most 64 letters, digits and hyphens; until then "
             "'hostnamectl hostname NAME' sets a host name"},
    {.reason = Reason::kUserName,
     .message_id = "b02925fc755346b2b028adfd32f15e04",
     .text = "Deploy again with an adminUsername of at most 32 characters that starts with a "
             "letter and contains only lower-case letters, digits, '_' and '-'"},
    {.reason = Reason::kUser,
     .message_id = "c96fc52238d846dd8e94c569fb6cbecd",
     .text = "Run 'getent passwd NAME; getent group NAME' to check whether the image has a user "
             "or group of that name; deploy again with another adminUsername"},
    {.reason = Reason::kGroup,
     .message_id = "7d01d93fcc604c3aba4515b420abba50",
     .text = "Create the group in the image ('groupadd NAME') or remove it from Groups= in "
             "azl-provision.conf"},
    {.reason = Reason::kSudoers,
     .message_id = "afbb94cb748740f5abea7725fa13daff",
     .text = "Run 'visudo -c' to see which file in /etc/sudoers.d is wrong; until it is "
             "corrected, the portal's Run Command runs commands as root"},
    {.reason = Reason::kPassword,
     .message_id = "153e32126b06408e9cf228e0e521a2e9",
     .text = "Log in by SSH key and run 'sudo passwd USER', or reset the password from the "
             "portal (Help, Reset password)"},
    {.reason = Reason::kPasswordLength,
     .message_id = "6b4dc0b93e264930a9582f488f4afc48",
     .text = "Deploy again with an adminPassword of at most 72 characters, or with an SSH key"},
    {.reason = Reason::kSshKey,
     .message_id = "edb9d69e71634f87a8329586d5c91bdb",
     .text = "Check the key with 'ssh-keygen -l -f KEY.pub', and deploy with the whole line: "
             "'ssh-ed25519 AAAA… comment' or 'ssh-rsa AAAA…'"},
    {.reason = Reason::kNoWayIn,
     .message_id = "61ced5e60df24a43989e5edce5ece37d",
     .text = "Nobody could log in: deploy again with a valid SSH public key or an admin password"},
    {.reason = Reason::kHostKeys,
     .message_id = "995604d518154d51b25c37a196f4692f",
     .text = "Run 'ssh-keygen -A' at the serial console to see the cause (often a full or "
             "read-only disk), then run 'systemctl restart sshd'"},
    {.reason = Reason::kSshd,
     .message_id = "d317ed83c7c143759829d9a9565fedae",
     .text = "Run 'sshd -t' to see which line is wrong; azl-provision's own settings are in "
             "/etc/ssh/sshd_config.d"},
    {.reason = Reason::kMachineId,
     .message_id = "fc5d64593cca4d51a7231d042acb60aa",
     .text = "Run 'rm /etc/machine-id && systemd-machine-id-setup' and reboot, or capture the "
             "image again with an empty /etc/machine-id"},
    {.reason = Reason::kHandOver,
     .message_id = "b5af22b5d2404fe18862fe7d65392a0b",
     .text = "Run 'systemctl status waagent'; the VM works, but extensions do not run until the "
             "agent runs"},
    {.reason = Reason::kCustomData,
     .message_id = "0262a336de5647d296c0dd4a9fd11406",
     .text = "Custom data was not run: do the same over SSH or with a VM extension"},
    {.reason = Reason::kCustomDataMissing,
     .message_id = "cf1f853bc78248cb8e3119403465fef0",
     .text =
         "Delete the VM and deploy it again with the same custom data; if it happens again, open "
         "an Azure support request: the platform announced custom data but did not send its media"},
    {.reason = Reason::kProxyAgent,
     .message_id = "5c5a3fb12bca4e29b7d1c33ebaff17a8",
     .text = "Install azure-proxy-agent in the image, or deploy without "
             "ProvisionGuestProxyAgent; 'systemctl status azure-proxy-agent' shows its state"},
    {.reason = Reason::kState,
     .message_id = "b55b774e5e754a5196ced2c4142bfceb",
     .text = "Check that /var/lib/azl-provision is a directory that root can write to; "
             "'azl-provision run' then continues where it stopped"},
});

/// Whether the row of each reason is at its place.
constexpr bool is_complete() {
  for (std::size_t i = 0; i < kAdvice.size(); ++i) {
    if (static_cast<std::size_t>(kAdvice[i].reason) != i) return false;
  }
  return kAdvice.size() == static_cast<std::size_t>(Reason::kState) + 1;
}
static_assert(is_complete(), "the rows are in the order of Reason");

}  // namespace

const Advice& advice_for(Reason reason) { return kAdvice[static_cast<std::size_t>(reason)]; }

}  // namespace azl::provision
