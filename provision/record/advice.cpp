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
     .text =
         "Wait until the other run ends ('azl-provision status --wait'), or stop the process "
         "named above; a program that it started can use 'systemd-run azl-provision ...', which "
         "waits for it"},
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
     .text = "If the VM does not get its user, delete the VM and deploy it again: the platform did "
             "not complete the way out of its pool of pre-provisioned VMs"},
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
             "letter or '_' and contains only letters, digits, '_', '.' and '-'"},
    {.reason = Reason::kUser,
     .message_id = "c96fc52238d846dd8e94c569fb6cbecd",
     .text = "Run the program named above by hand at the serial console to see why it fails "
             "(often an image without its files in /etc), correct that, then run 'azl-provision "
             "run'"},
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
     .text = "Do by hand as root what is named above; 'azl-provision validate FILE' checks the "
             "corrected document before the next deployment"},
    {.reason = Reason::kCustomDataMissing,
     .message_id = "cf1f853bc78248cb8e3119403465fef0",
     .text =
         "Delete the VM and deploy it again with the same custom data; if it happens again, open "
         "an Azure support request: the platform announced custom data but did not send its media"},
    {.reason = Reason::kProxyAgent,
     .message_id = "5c5a3fb12bca4e29b7d1c33ebaff17a8",
     .text = "Install azure-proxy-agent in the image, or deploy without "
             "ProvisionGuestProxyAgent; 'systemctl status azure-proxy-agent' shows its state"},
    {.reason = Reason::kUpdates,
     .message_id = "c084035918cb452a9c538eb5757bf87a",
     .text = "Run the command that is named above as root to see its error; the VM works, "
             "but installs no updates by itself"},
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

struct CauseAdvice {
  Cause cause;
  std::string_view text;
};

// Each text is the cure of its cause. It must not send people to what the cause excludes.
constexpr auto kCauseAdvice = std::to_array<CauseAdvice>({
    {.cause = Cause::kNoRootDirectory,
     .text = "Give --root= the directory at which the root file system is mounted"},
    {.cause = Cause::kOutputFile,
     .text = "Give --output= or --bundle= the path of a file that can be written; without "
             "--output= the text is printed"},
    {.cause = Cause::kSwapTooLarge,
     .text = "Set SwapSize= in [Disk] of azl-provision.conf to less than the free space named "
             "above, then run 'azl-provision run --stage=disks'"},
    {.cause = Cause::kToolTimeout,
     .text = "Run the program named above at the serial console to see what it waits for, stop "
             "that, then run 'azl-provision run'"},
    {.cause = Cause::kNotAFile,
     .text = "Move what is at the path named above aside ('mv PATH PATH.old'), then run "
             "'azl-provision run'"},
    {.cause = Cause::kNoLibcurl,
     .text = "Install the package that has libcurl.so.4 in the image ('tdnf install curl-libs', "
             "'dnf install libcurl' or 'apt install libcurl4'), then run 'azl-provision run'"},
    {.cause = Cause::kNoSuchMedia,
     .text = "Set --media=, or MediaPath= in azl-provision.conf, to a directory with ovf-env.xml, "
             "to that file, or to an ISO image"},
    {.cause = Cause::kMediaUnreadableImdsUsed,
     .text = "The user, the keys and the host name came from IMDS: if the deployment gave a "
             "password, set it from the portal (Help, Reset password); if it gave custom data, "
             "run it by Run Command"},
    {.cause = Cause::kOvfMalformedImdsUsed,
     .text = "The user, the keys and the host name came from IMDS: if the deployment gave a "
             "password, set it from the portal (Help, Reset password); if it gave custom data, "
             "run it by Run Command"},
    {.cause = Cause::kOvfUnexpectedImdsUsed,
     .text = "The user, the keys and the host name came from IMDS: if the deployment gave a "
             "password, set it from the portal (Help, Reset password); if it gave custom data, "
             "run it by Run Command"},
    {.cause = Cause::kImdsConnectTimeoutMediaUsed,
     .text = "The user, the keys and the host name came from the media: log in and run \"curl -H "
             "Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" "
             "to see whether IMDS answers by now; if it does not, look for a firewall rule that "
             "drops packets to 169.254.169.254"},
    {.cause = Cause::kTreeWithoutImds,
     .text = "Name a source for the tree with --media=PATH or --imds-url=URL"},
    {.cause = Cause::kImdsConnectMediaUsed,
     .text = "The user, the keys and the host name came from the media: log in and run \"curl -H "
             "Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" "
             "to see whether IMDS answers by now; if it does not, run 'ip route get "
             "169.254.169.254'"},
    {.cause = Cause::kImdsReadTimeoutMediaUsed,
     .text = "The user, the keys and the host name came from the media: log in and run \"curl -H "
             "Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" "
             "to see whether IMDS answers by now; if it does not, open an Azure support request "
             "with the VM id"},
    {.cause = Cause::kImdsRefused,
     .text = "Run \"curl -H Metadata:true "
             "'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" at the serial "
             "console: the answer says who refuses the request, often the rules of "
             "azure-proxy-agent or an HTTP proxy; allow it there, then reboot"},
    {.cause = Cause::kImdsHttpMediaUsed,
     .text = "The user, the keys and the host name came from the media: log in and run \"curl -H "
             "Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" "
             "to see whether IMDS answers by now; if it does not, open an Azure support request "
             "with this status and the VM id"},
    {.cause = Cause::kImdsMalformedMediaUsed,
     .text = "The user, the keys and the host name came from the media: log in and run \"curl -H "
             "Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" "
             "to see whether IMDS answers by now; if the answer is not JSON, look for a proxy "
             "that answers for 169.254.169.254"},
    {.cause = Cause::kImdsOfOtherVm,
     .text = "Run 'ip route get 169.254.169.254' to find the proxy or container network that "
             "answers with the metadata of another VM"},
    {.cause = Cause::kAttestedRefuted,
     .text = "Run 'ip route get 169.254.169.254' to find a proxy or container network that answers "
             "in place of Azure, and do not trust the metadata until it is gone; if there is none, "
             "open an Azure support request with this sentence and the VM id"},
    {.cause = Cause::kImdsIncomplete,
     .text = "Reboot the VM, which asks IMDS again; if the answer still lacks this part, open an "
             "Azure support request with the VM id"},
    {.cause = Cause::kImdsPartLost,
     .text = "The rest of the answer was used: run \"curl -H Metadata:true "
             "'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" to see whether "
             "IMDS gives this part by now; if it does not, open an Azure support request with "
             "the VM id"},
    {.cause = Cause::kImdsIncompleteMediaUsed,
     .text = "The user, the keys and the host name came from the media: log in and run \"curl -H "
             "Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'\" "
             "to see whether the answer of IMDS is complete by now"},
    {.cause = Cause::kWireServerRefused,
     .text = "Reboot the VM, which reports again; if the WireServer gives the same answer, open "
             "an Azure support request with that answer and the VM id"},
    {.cause = Cause::kWireServerBusy,
     .text = "Wait 20 minutes, because azl-provision-report.service repeats the report until the "
             "WireServer accepts it; then run 'azl-provision run --stage=report', and if the "
             "answer is the same, open an Azure support request with it"},
    {.cause = Cause::kTraceNotSent,
     .text = "Check that the collector of [Report] OtlpEndpoint= runs and takes OTLP over HTTP "
             "there, by default on port 4318; then run 'azl-provision report --send' to send the "
             "trace"},
    {.cause = Cause::kForeignNetworkFile,
     .text = "Remove the file named above to have azl-provision write its own, or set Manage=no "
             "in [Network] of azl-provision.conf to keep it"},
    {.cause = Cause::kFstabLine,
     .text = "Remove or correct this line of /etc/fstab, then run 'azl-provision run "
             "--stage=disks'"},
    {.cause = Cause::kSwapFileRefused,
     .text = "Move the file named above aside ('mv PATH PATH.old'), or set Swap=no in [Disk] of "
             "azl-provision.conf to keep it, then run 'azl-provision run --stage=disks'"},
    {.cause = Cause::kHostNameNotSet,
     .text = "Run 'hostnamectl hostname NAME' with the name above: it sets the name, or says why "
             "it cannot be set"},
    {.cause = Cause::kHostNamesDiffer,
     .text = "Run 'hostnamectl hostname NAME' if the name that was not used is the right one"},
    {.cause = Cause::kNoUserName,
     .text = "Deploy again with an adminUsername; to start a disk that has users of its own, "
             "create the VM with 'az vm create --attach-os-disk'"},
    {.cause = Cause::kUserNameReserved,
     .text = "Deploy again with an adminUsername other than 'root', for example 'azureuser'"},
    {.cause = Cause::kUserNameTaken,
     .text = "Deploy again with another adminUsername, for example 'azureuser': a system account "
             "of the image has this name"},
    {.cause = Cause::kUserNamesDiffer,
     .text = "Log in as the user of IMDS, which exists now; if the other name is the right one, "
             "deploy again with it as adminUsername"},
    {.cause = Cause::kNoShell,
     .text = "Install the shell in the image, or set Shell= in [User] of azl-provision.conf to "
             "one that it has; on this VM, 'sudo usermod --shell SHELL USER' changes it"},
    {.cause = Cause::kHomeUnusable,
     .text = "Run 'ls -ld PATH' for the path named above at the serial console, then 'mv PATH "
             "PATH.old' to move it aside or 'chown USER: PATH' to give it to the user, then "
             "'azl-provision run'"},
    {.cause = Cause::kHomeOfOther,
     .text = "Deploy again with another adminUsername, or move the home aside in the image ('mv "
             "PATH PATH.old')"},
    {.cause = Cause::kHomeFilesSetAside,
     .text = "Compare each renamed file with what you expect in this home; rename those that you "
             "trust back, and remove the others"},
    {.cause = Cause::kHomePartlyTaken,
     .text = "Run 'find PATH ! -user USER -ls' as root for the home named above, then 'chown -h "
             "USER: FILE' for each file that is the user's"},
    {.cause = Cause::kUserToolMissing,
     .text = "Install the package that has useradd, usermod and chpasswd in the image "
             "('shadow-utils', on Debian 'passwd'), then deploy again"},
    {.cause = Cause::kNoSudoersDirectory,
     .text = "Install sudo in the image; on this VM, run 'tdnf install -y sudo' by the portal's "
             "Run Command, and then \"echo 'USER ALL=(ALL:ALL) NOPASSWD: ALL' > "
             "/etc/sudoers.d/USER\""},
    {.cause = Cause::kSudoOverruled,
     .text =
         "Correct the line named above with 'visudo -f FILE'. As root, for example by the portal's "
         "Run Command, 'sudo -l -U USER' lists the rules; the last one that matches counts"},
    {.cause = Cause::kSudoNotAsked,
     .text = "Run 'sudo -n -l -U USER' as root to see why sudo does not answer; the portal's Run "
             "Command runs commands as root"},
    {.cause = Cause::kSudoNeedsPassword,
     .text = "Give the user a password from the portal (Help, Reset password), or set "
             "Sudo=nopasswd in [User] of azl-provision.conf in the image"},
    {.cause = Cause::kPasswordLockedForSafety,
     .text = "Find with 'sshd -T' which line of sshd's configuration allows passwords and remove "
             "it; then 'sudo passwd USER' sets a password for the serial console"},
    {.cause = Cause::kPasswordToolMissing,
     .text = "Install the package that has chpasswd and usermod in the image ('shadow-utils', on "
             "Debian 'passwd'), then deploy again"},
    {.cause = Cause::kPasswordOfOtherUser,
     .text = "Log in by SSH key; if the user needs a password, set it from the portal (Help, Reset "
             "password), and correct adminUsername in the deployment's template"},
    {.cause = Cause::kTooManyKeys,
     .text = "Log in with one of the keys that are used, and add the others to "
             "~/.ssh/authorized_keys"},
    {.cause = Cause::kCertificateKey,
     .text = "Deploy again with the public key itself ('ssh-ed25519 AAAA… comment') as keyData"},
    {.cause = Cause::kCertificateNotFetched,
     .text = "Check that nothing blocks root's connections to 168.63.129.16 port 80: "
             "run 'ip route get 168.63.129.16', and check firewall rules and network "
             "security appliances; then deploy again, or deploy with the public key "
             "itself ('ssh-ed25519 AAAA… comment') as keyData, which needs no "
             "certificate"},
    {.cause = Cause::kCertificateMissing,
     .text = "Compare the fingerprint named above with that of the certificate in the "
             "deployment's secrets ('openssl x509 -in CERT.pem -noout -fingerprint "
             "-sha1'), and deploy again with that certificate, or with the public key "
             "itself ('ssh-ed25519 AAAA… comment') as keyData"},
    {.cause = Cause::kCertificateKeyKind,
     .text = "Deploy again with a certificate whose key is RSA of at least 2048 bits, "
             "EC on P-256, P-384 or P-521, or Ed25519"},
    {.cause = Cause::kCertificateAnswer,
     .text = "Deploy again with the public key itself as keyData: 'openssl x509 -in "
             "CERT.pem -noout -pubkey | ssh-keygen -i -m PKCS8 -f /dev/stdin' prints "
             "that of a certificate; if the answer named above is not of your own "
             "making, open an Azure support request with it"},
    {.cause = Cause::kCertificateAlgorithm,
     .text = "Deploy again with the public key itself as keyData: 'openssl x509 -in "
             "CERT.pem -noout -pubkey | ssh-keygen -i -m PKCS8 -f /dev/stdin' prints "
             "that of a certificate"},
    {.cause = Cause::kCertificateFips,
     .text = "Deploy again with the public key itself as keyData ('openssl x509 -in "
             "CERT.pem -noout -pubkey | ssh-keygen -i -m PKCS8 -f /dev/stdin' prints "
             "that of a certificate), or with an image that is not in FIPS mode"},
    {.cause = Cause::kKeyRefusedBySshd,
     .text = "Log in with a key of a kind that sshd accepts ('ssh-keygen -t ecdsa -b 384' makes "
             "one), or change the line named above in sshd's configuration and run 'systemctl "
             "reload sshd'"},
    {.cause = Cause::kSshKeysDiffer,
     .text = "Log in with a key of IMDS, and add those of the media to ~/.ssh/authorized_keys if "
             "they are the right ones"},
    {.cause = Cause::kKeysRefusedBySshd,
     .text = "Deploy again with a key of a kind that sshd accepts ('ssh-keygen -t ecdsa -b 384' "
             "makes one), or change the line named above in the image's configuration of sshd"},
    {.cause = Cause::kSshdWithoutPam,
     .text = "Set 'UsePAM yes' in the image's configuration of sshd, or deploy again with an "
             "admin password"},
    {.cause = Cause::kBadKeysOnly,
     .text = "Check the key with 'ssh-keygen -l -f KEY.pub', then deploy again with its whole "
             "line: 'ssh-ed25519 AAAA… comment' or 'ssh-rsa AAAA…'"},
    {.cause = Cause::kClosedAccount,
     .text = "Deploy again with another adminUsername, or run 'usermod --shell /bin/bash USER' "
             "in the image to let this account log in"},
    {.cause = Cause::kAccountLocksOut,
     .text =
         "Set PasswordAgeing=lift in [User] of azl-provision.conf in the image; on this VM, 'chage "
         "-E -1 -I -1 -M -1 -d today USER' as root lifts the limits, then run 'azl-provision run'"},
    {.cause = Cause::kSerialConsoleOnly,
     .text = "Log in with the password at the serial console and add a public key to "
             "~/.ssh/authorized_keys, or add one from the portal (Help, Reset password)"},
    {.cause = Cause::kHostKeyType,
     .text = "Correct HostKeyTypes= in [Ssh] of azl-provision.conf: it takes ed25519, rsa and "
             "ecdsa"},
    {.cause = Cause::kHostKeyToolMissing,
     .text = "Install the package that has ssh-keygen in the image ('openssh-server' and "
             "'openssh-clients'), then reboot"},
    {.cause = Cause::kHostKeysIncomplete,
     .text = "Remove the cause named above (if it is a full disk, 'df -h' shows which one), then "
             "reboot: the boot makes the keys that are missing"},
    {.cause = Cause::kSshdNoInclude,
     .text = "Add the line 'Include /etc/ssh/sshd_config.d/*.conf' at the top of "
             "/etc/ssh/sshd_config, then run 'systemctl reload sshd'"},
    {.cause = Cause::kSshdOverruled,
     .text = "Remove the line or block named above from sshd's configuration, or move it below "
             "the Include of /etc/ssh/sshd_config.d, then run 'systemctl reload sshd'"},
    {.cause = Cause::kSshdNotJudged,
     .text = "Run 'sshd -T' as root: it prints the settings that sshd uses, or the error that "
             "prevents that"},
    {.cause = Cause::kSshdNotChecked,
     .text = "Boot the tree, then run 'sshd -T -C user=USER,host=HOST,addr=ADDRESS' there as root: "
             "it applies the Match blocks"},
    {.cause = Cause::kSshdPolicy,
     .text = "Change the line named above in sshd's configuration (to AllowUsers and "
             "AllowGroups, add the user or its group), then run 'systemctl reload sshd'; leave "
             "it if the image is for domain users"},
    {.cause = Cause::kSshdMatchAllowsPasswords,
     .text = "Remove the Match block named above if its users are not to log in by password, "
             "then run 'systemctl reload sshd'"},
    {.cause = Cause::kSshdNotReloaded,
     .text = "Run 'systemctl restart sshd', and 'systemctl status sshd' if that fails"},
    {.cause = Cause::kAgentDirectoryOfOther,
     .text = "Run 'ls -la /var/lib/waagent' as root; if you trust its files, run 'chown -R "
             "root:root /var/lib/waagent', otherwise move it aside; then run 'azl-provision run'"},
    {.cause = Cause::kCustomDataDocument,
     .text = "Correct the document at the place named above; 'azl-provision validate FILE' checks "
             "it before the next deployment"},
    {.cause = Cause::kCustomDataProgram,
     .text = "Read its output with 'azl-provision custom-data log ITEM' as root and correct the "
             "cause; then run 'azl-provision custom-data rerun ITEM', which carries it out again, "
             "or says that it is erased: then do by hand what it asks for"},
    {.cause = Cause::kCustomDataInterrupted,
     .text = "See with 'azl-provision custom-data log ITEM' as root how far it came, and do the "
             "rest by hand; 'azl-provision custom-data rerun ITEM' carries it out again from its "
             "beginning, or says that it is erased"},
    {.cause = Cause::kCustomDataAgain,
     .text =
         "Check the packages as root, with 'dnf check' and 'rpm -Va', or 'dpkg --audit': what was "
         "interrupted may have left old versions and incomplete files"},
    {.cause = Cause::kCustomDataPackages,
     .text =
         "See why in /var/log/azl-provision/custom-data.log. If a name is unknown, find the right "
         "one with 'dnf search WORD' (tdnf list, apt-cache search) and correct 'packages' in the "
         "document. If a download failed, let the VM reach its repositories. Then install what is "
         "missing by hand as root"},
    {.cause = Cause::kCustomDataRepositories,
     .text = "Read the error in /var/log/azl-provision/custom-data.log; let the VM reach its "
             "repositories (DNS, outbound rules, a proxy in /etc/dnf/dnf.conf, the files in "
             "/etc/yum.repos.d), then install the packages by hand as root"},
    {.cause = Cause::kNoPackageManager,
     .text = "Deploy an image that has dnf or tdnf, or build the packages into the image and "
             "remove 'packages' and 'package_*' from the document"},
    {.cause = Cause::kRebootNotKnown,
     .text = "Install the package named above as root and run 'needs-restarting -r' ('dnf5 "
             "needs-restarting' with dnf5): if it says so, run 'reboot'"},
    {.cause = Cause::kCustomDataHostName,
     .text = "Run 'hostnamectl hostname NAME' as root: it sets the name, or says why it cannot be "
             "set"},
    {.cause = Cause::kCustomDataTimeZone,
     .text = "Look for the name with 'timedatectl list-timezones' (if the list is short, install "
             "'tzdata'), then run 'timedatectl set-timezone ZONE' as root"},
    {.cause = Cause::kCustomDataLocale,
     .text = "Look for the name with 'locale -a'. If it is missing, make it as root: 'tdnf "
             "install -y glibc-i18n', then 'localedef -i de_DE -f UTF-8 de_DE.UTF-8', for "
             "example; with dnf, 'dnf install -y glibc-langpack-de' does both. Then run "
             "'localectl set-locale LANG=NAME'; C.UTF-8 needs no package"},
    {.cause = Cause::kCustomDataCertificates,
     .text = "Install the package 'ca-certificates' if it is missing, then run 'azl-provision "
             "custom-data rerun ca_certs' as root. If that fails, run 'update-ca-trust' (on "
             "Debian 'update-ca-certificates'): it says what it cannot read"},
    {.cause = Cause::kCustomDataTimeServers,
     .text = "Run 'journalctl -u' with the name of the service above as root: it says which line "
             "it could not read. The file has its earlier content again: append the servers to it "
             "without that line, then run 'systemctl restart' with that name"},
    {.cause = Cause::kNoTimeClient,
     .text = "Install chrony if it is missing ('tdnf install -y chrony', or dnf), append 'server "
             "NAME iburst' per server to /etc/chrony.conf, then run 'systemctl enable chronyd' "
             "and 'systemctl restart chronyd'; until then the clock is Azure's. In the document, "
             "write 'ntp_client: chrony' where chrony is, and for systemd-timesyncd 'servers', "
             "not 'peers'"},
    {.cause = Cause::kCustomDataDisks,
     .text = "Run 'azl-provision run --stage=disks' as root: it sets the disks up, or says what "
             "prevents it"},
    {.cause = Cause::kCustomDataDiskLeft,
     .text = "Remove the reason named above if you need the disk, then set it up by hand as root: "
             "'mkfs.ext4 DEVICE' only if nobody needs what is on it, a line with nofail in "
             "/etc/fstab, and 'mount PATH'; or correct the document, and deploy the VM again"},
    {.cause = Cause::kCustomDataMount,
     .text =
         "Correct the line of /etc/fstab if it is wrong, then run 'mount PATH' as root ('swapon "
         "DEVICE' for swap): it mounts by that line, or says what prevents it"},
    {.cause = Cause::kCustomDataSwap,
     .text = "Make a swap file by hand as root, where there is room for it and no other file: "
             "'fallocate -l 2G PATH', 'chmod 600 PATH', 'mkswap PATH' and 'swapon PATH', and 'PATH "
             "none swap sw,nofail 0 0' as a line of /etc/fstab"},
    {.cause = Cause::kShutdownNotScheduled,
     .text = "Run 'shutdown -r now' as root to reboot, or 'shutdown -P now' to power off: it does "
             "so, or says what prevents it"},
    {.cause = Cause::kProgramNotTrusted,
     .text = "If you trust the program, run 'chown root:root PATH' and 'chmod go-w PATH' as root "
             "for the path named above, or rename the program with 'mv' if its name is the reason: "
             "the next boot runs it; otherwise remove it"},
    {.cause = Cause::kProgramNotExecutable,
     .text = "If it is a program, run 'chmod 755 PATH' as root: the next boot runs it; otherwise "
             "move it out of the directory"},
    {.cause = Cause::kCustomDataDamaged,
     .text = "Do by hand as root what the custom data asks for; what is left of it is in "
             "/var/lib/azl-provision/custom-data"},
    {.cause = Cause::kNoUpdateProgram,
     .text = "Install dnf5-plugin-automatic (Azure Linux 4), dnf-automatic (Azure Linux 3) "
             "or unattended-upgrades (Debian) in the image, or set [Updates] Automatic=no; "
             "on this VM, install it and enable its timer with 'systemctl enable --now "
             "TIMER'"},
    {.cause = Cause::kUpdateSchedule,
     .text = "Try an expression with 'systemd-analyze calendar EXPRESSION' and set it as "
             "[Updates] Schedule= in the image; on this VM, 'systemctl edit TIMER' sets "
             "OnCalendar="},
    {.cause = Cause::kStateDamaged,
     .text = "Run 'dmesg' to look for the disk error or the power failure that damaged the file; "
             "azl-provision writes it anew, and nothing else needs to be done"},
});

/// Whether the row of each cause is at its place.
constexpr bool has_each_cause() {
  for (std::size_t i = 0; i < kCauseAdvice.size(); ++i) {
    if (static_cast<std::size_t>(kCauseAdvice[i].cause) != i) return false;
  }
  return kCauseAdvice.size() == static_cast<std::size_t>(Cause::kStateDamaged) + 1;
}
static_assert(has_each_cause(), "the rows are in the order of Cause");

}  // namespace

const Advice& advice_for(Reason reason) { return kAdvice[static_cast<std::size_t>(reason)]; }

std::string_view advice_for(Cause cause) {
  return kCauseAdvice[static_cast<std::size_t>(cause)].text;
}

std::string_view advice_for(const Error& error) {
  const auto cause = error.known_cause();
  return cause ? advice_for(*cause) : advice_for(error.reason()).text;
}

}  // namespace azl::provision
