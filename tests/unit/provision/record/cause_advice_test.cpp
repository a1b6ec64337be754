// Each cause has the cure of that cause, and not the one of its reason that contradicts it.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/record/advice.h"
#include "provision/record/record.h"
#include "tests/unit/provision/plan/changed_facts.h"
#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Cause;
using azl::Error;
using azl::Reason;

TEST_CASE("the advice of each cause can be carried out, and does not contradict the cause") {
  struct Row {
    Cause cause;
    std::vector<std::string> holds;
    std::vector<std::string> lacks = {};
  };
  using enum Cause;
  const std::vector<Row> rows = {
      {kNoRootDirectory, {"--root="}, {"dmesg", "reboot"}},
      {kOutputFile, {"--output="}, {"dmesg", "reboot"}},
      {kSwapTooLarge, {"SwapSize="}, {"larger OS disk"}},
      {kToolTimeout, {"the program named above"}, {"--report"}},
      {kNotAFile, {"mv PATH PATH.old"}, {"Correct the value"}},
      {kNoLibcurl, {"tdnf install"}, {"PROGRAM"}},
      {kNoSuchMedia, {"--media="}, {"modprobe", "redeploy"}},
      {kMediaUnreadableImdsUsed, {"Reset password"}, {"modprobe", "edeploy"}},
      {kOvfMalformedImdsUsed, {"Reset password"}, {"elete", "deploy it again"}},
      {kOvfUnexpectedImdsUsed, {"Reset password"}, {"deploy again"}},
      {kImdsConnectTimeoutMediaUsed, {"curl", "firewall"}, {"deploy again"}},
      {kTreeWithoutImds, {"--media=", "--imds-url="}, {"ip route", "reboot"}},
      {kImdsConnectMediaUsed, {"curl", "ip route"}, {"reboot"}},
      {kImdsReadTimeoutMediaUsed, {"curl", "support request"}, {"eboot", "edeploy"}},
      {kImdsRefused, {"azure-proxy-agent"}, {"edeploy"}},
      {kImdsHttpMediaUsed, {"curl", "support request"}, {"edeploy"}},
      {kImdsMalformedMediaUsed, {"curl", "proxy"}, {"eboot"}},
      {kImdsOfOtherVm, {"ip route get 169.254.169.254"}, {"template", "redeploy"}},
      {kAttestedRefuted, {"ip route get 169.254.169.254", "do not trust"}, {"template", "eboot"}},
      {kImdsIncomplete, {"Reboot the VM"}, {"template"}},
      {kImdsPartLost, {"curl", "support request"}, {"template", "eploy again"}},
      {kImdsIncompleteMediaUsed, {"curl"}, {"template", "eboot"}},
      {kWireServerRefused, {"support request"}, {"blocks", "port 80"}},
      {kWireServerBusy, {"run --stage=report"}, {"can reach", "port 80"}},
      {kTraceNotSent, {"OtlpEndpoint=", "report --send"}, {"168.63.129.16"}},
      {kForeignNetworkFile, {"Remove the file", "Manage=no"}, {"networkctl"}},
      {kFstabLine, {"/etc/fstab"}, {"lsblk"}},
      {kSwapFileRefused, {"mv PATH PATH.old", "Swap=no"}, {"lsblk"}},
      {kHostNameNotSet, {"hostnamectl hostname NAME"}, {"Deploy with"}},
      {kHostNamesDiffer, {"hostnamectl hostname NAME"}, {"Deploy with"}},
      {kNoUserName, {"adminUsername"}, {"32 characters"}},
      {kUserNameReserved, {"other than 'root'"}, {"32 characters", "starts with"}},
      {kUserNameTaken, {"another adminUsername"}, {"32 characters", "starts with"}},
      {kUserNamesDiffer, {"Log in as"}, {"32 characters"}},
      {kNoShell, {"usermod --shell"}, {"another adminUsername", "getent"}},
      {kHomeUnusable, {"ls -ld", "mv PATH PATH.old"}, {"another adminUsername"}},
      {kHomeOfOther, {"another adminUsername", "mv PATH PATH.old"}, {"chown"}},
      {kHomeFilesSetAside, {"rename", "remove"}, {"serial console"}},
      {kHomePartlyTaken, {"find PATH", "chown -h"}, {"serial console"}},
      {kUserToolMissing, {"shadow-utils"}, {"another adminUsername"}},
      {kNoSudoersDirectory, {"Install sudo"}, {"visudo -c"}},
      {kSudoOverruled, {"visudo -f FILE", "sudo -l -U USER"}, {"visudo -c"}},
      {kSudoNotAsked, {"sudo -n -l -U USER"}, {"visudo"}},
      {kSudoNeedsPassword, {"Reset password", "Sudo=nopasswd"}, {"visudo"}},
      {kPasswordLockedForSafety, {"sshd -T"}, {"Reset password"}},
      {kPasswordToolMissing, {"shadow-utils"}, {"Reset password"}},
      {kPasswordOfOtherUser, {"SSH key", "adminUsername"}},
      {kTooManyKeys, {"~/.ssh/authorized_keys"}, {"ssh-keygen"}},
      {kCertificateKey, {"keyData"}, {"ssh-keygen"}},
      {kCertificateNotFetched, {"ip route get 168.63.129.16", "keyData"}, {"ssh-keygen"}},
      {kCertificateMissing, {"-fingerprint -sha1", "keyData"}, {"168.63.129.16"}},
      {kCertificateKeyKind, {"RSA", "Ed25519"}, {"keyData"}},
      {kCertificateAnswer, {"ssh-keygen -i -m PKCS8", "support request"}, {"168.63.129.16"}},
      {kCertificateAlgorithm, {"ssh-keygen -i -m PKCS8"}, {"support request", "FIPS"}},
      {kCertificateFips, {"FIPS", "ssh-keygen -i -m PKCS8"}, {"support request"}},
      {kKeyRefusedBySshd, {"ssh-keygen -t", "named above"}, {"ssh-keygen -l"}},
      {kSshKeysDiffer, {"key of IMDS"}, {"ssh-keygen"}},
      {kKeysRefusedBySshd, {"Deploy again", "ssh-keygen -t"}, {"admin password"}},
      {kSshdWithoutPam, {"UsePAM yes"}, {"public key"}},
      {kBadKeysOnly, {"ssh-keygen -l -f KEY.pub"}, {"admin password"}},
      {kClosedAccount, {"another adminUsername", "usermod --shell"}, {"public key"}},
      {kAccountLocksOut, {"PasswordAgeing=lift", "chage -E -1"}, {"public key"}},
      {kSerialConsoleOnly, {"serial console"}, {"deploy again"}},
      {kHostKeyType, {"HostKeyTypes="}, {"ssh-keygen -A"}},
      {kHostKeyToolMissing, {"ssh-keygen", "Install"}, {"ssh-keygen -A"}},
      {kHostKeysIncomplete, {"reboot"}, {"ssh-keygen -A"}},
      {kSshdNoInclude, {"Include /etc/ssh/sshd_config.d/*.conf"}, {"sshd -t"}},
      {kSshdOverruled, {"named above"}, {"sshd -t"}},
      {kSshdNotJudged, {"sshd -T"}, {"sshd -t"}},
      {kSshdNotChecked, {"Boot the tree", "sshd -T -C"}, {"sshd -t"}},
      {kSshdPolicy, {"AllowUsers", "named above"}, {"sshd -t"}},
      {kSshdMatchAllowsPasswords, {"Match block"}, {"sshd -t"}},
      {kSshdNotReloaded, {"systemctl restart sshd"}, {"sshd -t"}},
      {kAgentDirectoryOfOther,
       {"chown -R root:root", "move it aside"},
       {"systemctl status waagent"}},
      {kCustomDataDocument, {"azl-provision validate FILE"}, {"SSH"}},
      {kCustomDataProgram,
       {"custom-data log ITEM", "custom-data rerun ITEM", "by hand"},
       {"deploy", "not run again"}},
      {kCustomDataInterrupted,
       {"how far it came", "by hand", "custom-data rerun ITEM"},
       {"deploy", "not run again"}},
      {kCustomDataAgain, {"dnf check", "dpkg --audit"}, {"by hand"}},
      {kCustomDataPackages, {"dnf search WORD", "custom-data.log"}, {"deploy"}},
      {kCustomDataRepositories, {"DNS", "proxy", "/etc/yum.repos.d"}, {"dnf search"}},
      {kNoPackageManager, {"image that has dnf"}, {"dnf search"}},
      {kRebootNotKnown, {"needs-restarting -r", "reboot"}, {"deploy"}},
      {kCustomDataHostName, {"hostnamectl hostname NAME"}, {"deploy"}},
      {kCustomDataTimeZone, {"timedatectl list-timezones", "tzdata"}, {"deploy"}},
      {kCustomDataLocale,
       {"locale -a", "localectl set-locale", "tdnf install", "C.UTF-8"},
       {"deploy"}},
      {kCustomDataCertificates,
       {"update-ca-trust", "ca-certificates", "rerun ca_certs"},
       {"deploy"}},
      {kCustomDataTimeServers, {"journalctl -u", "systemctl restart"}, {"deploy"}},
      {kNoTimeClient,
       {"tdnf install -y chrony", "/etc/chrony.conf", "ntp_client: chrony",
        "'servers', not 'peers'"},
       {"deploy"}},
      {kCustomDataDisks, {"run --stage=disks"}, {"deploy"}},
      {kCustomDataDiskLeft, {"by hand", "nobody needs", "nofail"}, {"wipefs"}},
      {kCustomDataMount,
       {"/etc/fstab", "mount PATH", "swapon DEVICE"},
       {"deploy", "--stage=disks"}},
      {kCustomDataSwap, {"mkswap PATH", "swapon PATH"}, {"SwapSize=", "Swap=no"}},
      {kShutdownNotScheduled, {"shutdown -r now", "as root"}, {"deploy"}},
      {kProgramNotTrusted,
       {"chown root:root PATH", "chmod go-w PATH", "mv", "its name", "remove"},
       {"deploy"}},
      {kProgramNotExecutable, {"chmod 755 PATH"}, {"deploy", "chown"}},
      {kCustomDataDamaged, {"by hand", "/var/lib/azl-provision/custom-data"}, {"deploy"}},
      {kNoUpdateProgram,
       {"dnf5-plugin-automatic", "unattended-upgrades", "Automatic=no", "systemctl enable --now"},
       {"named above"}},
      {kUpdateSchedule, {"systemd-analyze calendar", "systemctl edit"}, {"named above"}},
      {kStateDamaged, {"dmesg"}, {"root can write"}},
  };
  REQUIRE(rows.size() == azl::causes().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    CAPTURE(to_string(row.cause));
    CHECK(row.cause == azl::causes()[i].cause);
    const std::string advice(advice_for(row.cause));
    CAPTURE(advice);
    CHECK_FALSE(advice.ends_with('.'));
    CHECK(advice.size() <= 340);  // the portal shows 512 characters, with the failure itself
    for (const auto& part : row.holds)
      CHECK_MESSAGE(azl::lower(advice).find(azl::lower(part)) != std::string::npos, part);
    for (const auto& part : row.lacks) CHECK_MESSAGE(advice.find(part) == std::string::npos, part);
  }
}

TEST_CASE("the plan gives each finding the cause whose advice fits") {
  struct Row {
    std::string what;
    Change change;
    std::string severity_and_cause;
  };
  const std::vector<Row> rows = {
      {"no /etc/sudoers.d", [](Facts& f) { f.has_sudo = false; }, "degraded no-sudoers-directory"},
      {"the user is root",
       [](Facts& f) { f.imds->instance.admin_username = f.ovf->user_name = "root"; },
       "fatal user-name-reserved"},
      {"the user has the name of a system account",
       [](Facts& f) { f.imds->instance.admin_username = f.ovf->user_name = "daemon"; },
       "fatal user-name-taken"},
      {"no source names a user",
       [](Facts& f) {
         f.imds->instance.admin_username.clear();
         f.ovf->user_name.clear();
       },
       "fatal no-user-name"},
      {"IMDS and the media name different users", [](Facts& f) { f.ovf->user_name = "other"; },
       "degraded user-names-differ"},
      {"IMDS and the media name different hosts", [](Facts& f) { f.ovf->host_name = "other"; },
       "note host-names-differ"},
      {"the media's password is another user's",
       [](Facts& f) {
         f.ovf->user_name = "other";
         f.ovf->password = azl::Secret("Planted-1234");
       },
       "degraded user-names-differ, degraded password-of-other-user"},
      {"the shell does not exist", [](Facts& f) { f.missing_shells = {"/bin/bash"}; },
       "degraded no-shell"},
      {"IMDS answers 500 and the media is good",
       [](Facts& f) {
         f.imds.reset();
         f.imds_error = Error(Reason::kImdsHttp, "500").with_http_status(500);
       },
       "degraded imds-http-media-used"},
      {"IMDS answers 403 and the media is good",
       [](Facts& f) {
         f.imds.reset();
         f.imds_error = Error(Cause::kImdsRefused, "403").with_http_status(403);
       },
       "degraded imds-http-media-used"},
      {"IMDS does not answer and the media is good",
       [](Facts& f) {
         f.imds.reset();
         f.imds_error = Error(Reason::kImdsReadTimeout, "x");
       },
       "degraded imds-read-timeout-media-used"},
      {"the only key is no key",
       [](Facts& f) {
         no_ovf(f);
         f.imds->instance.public_keys = {{.key_data = "ssh-rsa nonsense", .path = ""}};
       },
       "fatal bad-keys-only"},
      {"the account of the image has no login shell",
       [](Facts& f) {
         f.accounts.accounts.push_back({.name = "ann",
                                        .uid = 1000,
                                        .gid = 1000,
                                        .home = "/home/ann",
                                        .shell = "/sbin/nologin"});
       },
       "fatal closed-account"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = plan_of(changed(row.change));
    std::vector<std::string> found;
    for (const auto& [severity, error] : plan.findings) {
      const auto finding = to_finding(error, severity, "decide");
      if (finding.cause.empty()) continue;
      found.push_back(std::string(to_string(severity)) + " " + finding.cause);
      CHECK(finding.advice == advice_for(*error.known_cause()));
    }
    CHECK(azl::join(found, ", ") == row.severity_and_cause);
  }
}

TEST_CASE("IMDS that fails without media keeps the advice of its reason") {
  const auto plan = plan_of(changed(no_source));
  REQUIRE(plan.fatal() != nullptr);
  CHECK_FALSE(plan.fatal()->known_cause());
  CHECK(advice_for(*plan.fatal()) == advice_for(Reason::kImdsHttp).text);
}

TEST_CASE("media that cannot be read while IMDS works has advice about what only the media had") {
  const auto plan = plan_of(changed([](Facts& f) {
    no_ovf(f);
    f.ovf_error = Error(Reason::kMediaUnreadable, "x");
  }));
  REQUIRE_FALSE(plan.findings.empty());
  CHECK(plan.findings.front().error.known_cause() == Cause::kMediaUnreadableImdsUsed);
}
