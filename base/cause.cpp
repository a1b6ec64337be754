#include "base/cause.h"

#include <array>
#include <cstddef>

namespace azl {

namespace {

constexpr auto kNames = std::to_array<CauseName>({
    {Cause::kNoRootDirectory, Reason::kIo, "no-root-directory"},
    {Cause::kOutputFile, Reason::kIo, "output-file"},
    {Cause::kSwapTooLarge, Reason::kDiskFull, "swap-too-large"},
    {Cause::kToolTimeout, Reason::kTimeout, "tool-timeout"},
    {Cause::kNotAFile, Reason::kInvalidInput, "not-a-file"},
    {Cause::kNoLibcurl, Reason::kToolMissing, "no-libcurl"},
    {Cause::kNoSuchMedia, Reason::kMediaUnreadable, "no-such-media"},
    {Cause::kMediaUnreadableImdsUsed, Reason::kMediaUnreadable, "media-unreadable-imds-used"},
    {Cause::kOvfMalformedImdsUsed, Reason::kOvfMalformed, "ovf-malformed-imds-used"},
    {Cause::kOvfUnexpectedImdsUsed, Reason::kOvfUnexpected, "ovf-unexpected-imds-used"},
    {Cause::kImdsConnectTimeoutMediaUsed, Reason::kImdsConnectTimeout,
     "imds-connect-timeout-media-used"},
    {Cause::kTreeWithoutImds, Reason::kImdsConnect, "tree-without-imds"},
    {Cause::kImdsConnectMediaUsed, Reason::kImdsConnect, "imds-connect-media-used"},
    {Cause::kImdsReadTimeoutMediaUsed, Reason::kImdsReadTimeout, "imds-read-timeout-media-used"},
    {Cause::kImdsRefused, Reason::kImdsHttp, "imds-refused"},
    {Cause::kImdsHttpMediaUsed, Reason::kImdsHttp, "imds-http-media-used"},
    {Cause::kImdsMalformedMediaUsed, Reason::kImdsMalformed, "imds-malformed-media-used"},
    {Cause::kImdsOfOtherVm, Reason::kImdsInvalidKey, "imds-of-other-vm"},
    {Cause::kAttestedRefuted, Reason::kImdsInvalidKey, "attested-refuted"},
    {Cause::kImdsIncomplete, Reason::kImdsInvalidKey, "imds-incomplete"},
    {Cause::kImdsPartLost, Reason::kImdsInvalidKey, "imds-part-lost"},
    {Cause::kImdsIncompleteMediaUsed, Reason::kImdsInvalidKey, "imds-incomplete-media-used"},
    {Cause::kWireServerRefused, Reason::kWireServer, "wireserver-refused"},
    {Cause::kWireServerBusy, Reason::kNotReported, "wireserver-busy"},
    {Cause::kTraceNotSent, Reason::kNotReported, "trace-not-sent"},
    {Cause::kForeignNetworkFile, Reason::kNetwork, "foreign-network-file"},
    {Cause::kFstabLine, Reason::kDisk, "fstab-line"},
    {Cause::kSwapFileRefused, Reason::kDisk, "swap-file-refused"},
    {Cause::kHostNameNotSet, Reason::kHostName, "host-name-not-set"},
    {Cause::kHostNamesDiffer, Reason::kHostName, "host-names-differ"},
    {Cause::kNoUserName, Reason::kUserName, "no-user-name"},
    {Cause::kUserNameReserved, Reason::kUserName, "user-name-reserved"},
    {Cause::kUserNameTaken, Reason::kUserName, "user-name-taken"},
    {Cause::kUserNamesDiffer, Reason::kUserName, "user-names-differ"},
    {Cause::kNoShell, Reason::kUser, "no-shell"},
    {Cause::kHomeUnusable, Reason::kUser, "home-unusable"},
    {Cause::kHomeOfOther, Reason::kUser, "home-of-other"},
    {Cause::kHomeFilesSetAside, Reason::kUser, "home-files-set-aside"},
    {Cause::kHomePartlyTaken, Reason::kUser, "home-partly-taken"},
    {Cause::kUserToolMissing, Reason::kUser, "user-tool-missing"},
    {Cause::kNoSudoersDirectory, Reason::kSudoers, "no-sudoers-directory"},
    {Cause::kSudoOverruled, Reason::kSudoers, "sudo-overruled"},
    {Cause::kSudoNotAsked, Reason::kSudoers, "sudo-not-asked"},
    {Cause::kSudoNeedsPassword, Reason::kSudoers, "sudo-needs-password"},
    {Cause::kPasswordLockedForSafety, Reason::kPassword, "password-locked-for-safety"},
    {Cause::kPasswordToolMissing, Reason::kPassword, "password-tool-missing"},
    {Cause::kPasswordOfOtherUser, Reason::kPassword, "password-of-other-user"},
    {Cause::kTooManyKeys, Reason::kSshKey, "too-many-keys"},
    {Cause::kCertificateKey, Reason::kSshKey, "certificate-key"},
    {Cause::kCertificateNotFetched, Reason::kSshKey, "certificate-not-fetched"},
    {Cause::kCertificateMissing, Reason::kSshKey, "certificate-missing"},
    {Cause::kCertificateKeyKind, Reason::kSshKey, "certificate-key-kind"},
    {Cause::kCertificateAnswer, Reason::kSshKey, "certificate-answer"},
    {Cause::kCertificateAlgorithm, Reason::kSshKey, "certificate-algorithm"},
    {Cause::kCertificateFips, Reason::kSshKey, "certificate-fips"},
    {Cause::kKeyRefusedBySshd, Reason::kSshKey, "key-refused-by-sshd"},
    {Cause::kSshKeysDiffer, Reason::kSshKey, "ssh-keys-differ"},
    {Cause::kKeysRefusedBySshd, Reason::kNoWayIn, "keys-refused-by-sshd"},
    {Cause::kSshdWithoutPam, Reason::kNoWayIn, "sshd-without-pam"},
    {Cause::kBadKeysOnly, Reason::kNoWayIn, "bad-keys-only"},
    {Cause::kClosedAccount, Reason::kNoWayIn, "closed-account"},
    {Cause::kAccountLocksOut, Reason::kNoWayIn, "account-locks-out"},
    {Cause::kSerialConsoleOnly, Reason::kNoWayIn, "serial-console-only"},
    {Cause::kHostKeyType, Reason::kHostKeys, "host-key-type"},
    {Cause::kHostKeyToolMissing, Reason::kHostKeys, "host-key-tool-missing"},
    {Cause::kHostKeysIncomplete, Reason::kHostKeys, "host-keys-incomplete"},
    {Cause::kSshdNoInclude, Reason::kSshd, "sshd-no-include"},
    {Cause::kSshdOverruled, Reason::kSshd, "sshd-overruled"},
    {Cause::kSshdNotJudged, Reason::kSshd, "sshd-not-judged"},
    {Cause::kSshdNotChecked, Reason::kSshd, "sshd-not-checked"},
    {Cause::kSshdPolicy, Reason::kSshd, "sshd-policy"},
    {Cause::kSshdMatchAllowsPasswords, Reason::kSshd, "sshd-match-allows-passwords"},
    {Cause::kSshdNotReloaded, Reason::kSshd, "sshd-not-reloaded"},
    {Cause::kAgentDirectoryOfOther, Reason::kHandOver, "agent-directory-of-other"},
    {Cause::kCustomDataDocument, Reason::kCustomData, "custom-data-document"},
    {Cause::kCustomDataProgram, Reason::kCustomData, "custom-data-program"},
    {Cause::kCustomDataInterrupted, Reason::kCustomData, "custom-data-interrupted"},
    {Cause::kCustomDataAgain, Reason::kCustomData, "custom-data-again"},
    {Cause::kCustomDataPackages, Reason::kCustomData, "custom-data-packages"},
    {Cause::kCustomDataRepositories, Reason::kCustomData, "custom-data-repositories"},
    {Cause::kNoPackageManager, Reason::kCustomData, "no-package-manager"},
    {Cause::kRebootNotKnown, Reason::kCustomData, "reboot-not-known"},
    {Cause::kCustomDataHostName, Reason::kCustomData, "custom-data-host-name"},
    {Cause::kCustomDataTimeZone, Reason::kCustomData, "custom-data-time-zone"},
    {Cause::kCustomDataLocale, Reason::kCustomData, "custom-data-locale"},
    {Cause::kCustomDataCertificates, Reason::kCustomData, "custom-data-certificates"},
    {Cause::kCustomDataTimeServers, Reason::kCustomData, "custom-data-time-servers"},
    {Cause::kNoTimeClient, Reason::kCustomData, "no-time-client"},
    {Cause::kCustomDataDisks, Reason::kCustomData, "custom-data-disks"},
    {Cause::kCustomDataDiskLeft, Reason::kCustomData, "custom-data-disk-left"},
    {Cause::kCustomDataMount, Reason::kCustomData, "custom-data-mount"},
    {Cause::kCustomDataSwap, Reason::kCustomData, "custom-data-swap"},
    {Cause::kShutdownNotScheduled, Reason::kCustomData, "shutdown-not-scheduled"},
    {Cause::kProgramNotTrusted, Reason::kCustomData, "program-not-trusted"},
    {Cause::kProgramNotExecutable, Reason::kCustomData, "program-not-executable"},
    {Cause::kCustomDataDamaged, Reason::kCustomData, "custom-data-damaged"},
    {Cause::kNoUpdateProgram, Reason::kUpdates, "no-update-program"},
    {Cause::kUpdateSchedule, Reason::kUpdates, "update-schedule"},
    {Cause::kStateDamaged, Reason::kState, "state-damaged"},
});

/// Whether the row of each cause is at its place, and the rows are in the order of their reasons.
constexpr bool is_complete() {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (static_cast<std::size_t>(kNames[i].cause) != i) return false;
    if (i > 0 && kNames[i].reason < kNames[i - 1].reason) return false;
  }
  return kNames.size() == static_cast<std::size_t>(Cause::kStateDamaged) + 1;
}
static_assert(is_complete(), "a cause has no row, or its row is not at its place");

}  // namespace

std::span<const CauseName> causes() { return kNames; }

std::string_view to_string(Cause cause) { return kNames[static_cast<std::size_t>(cause)].name; }

Reason reason_of(Cause cause) { return kNames[static_cast<std::size_t>(cause)].reason; }

}  // namespace azl
