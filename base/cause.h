// The causes: what exactly failed, where the reason alone does not say what cures it.
#pragma once

#include <span>
#include <string_view>

#include "base/reason.h"

namespace azl {

/// A cause with a cure of its own. Each belongs to one reason; provision/record/advice.h has its
/// advice. An error without a cause gets the advice of its reason.
enum class Cause {
  kNoRootDirectory,
  kOutputFile,
  kSwapTooLarge,
  kToolTimeout,
  kNotAFile,
  kNoLibcurl,
  kNoSuchMedia,
  kMediaUnreadableImdsUsed,
  kOvfMalformedImdsUsed,
  kOvfUnexpectedImdsUsed,
  kImdsConnectTimeoutMediaUsed,
  kTreeWithoutImds,
  kImdsConnectMediaUsed,
  kImdsReadTimeoutMediaUsed,
  kImdsRefused,
  kImdsHttpMediaUsed,
  kImdsMalformedMediaUsed,
  kImdsOfOtherVm,
  kAttestedRefuted,
  kImdsIncomplete,
  kImdsPartLost,
  kImdsIncompleteMediaUsed,
  kWireServerRefused,
  kWireServerBusy,
  kTraceNotSent,
  kForeignNetworkFile,
  kFstabLine,
  kSwapFileRefused,
  kHostNameNotSet,
  kHostNamesDiffer,
  kNoUserName,
  kUserNameReserved,
  kUserNameTaken,
  kUserNamesDiffer,
  kNoShell,
  kHomeUnusable,
  kHomeOfOther,
  kHomeFilesSetAside,
  kHomePartlyTaken,
  kUserToolMissing,
  kNoSudoersDirectory,
  kSudoOverruled,
  kSudoNotAsked,
  kSudoNeedsPassword,
  kPasswordLockedForSafety,
  kPasswordToolMissing,
  kPasswordOfOtherUser,
  kTooManyKeys,
  kCertificateKey,
  kCertificateNotFetched,
  kCertificateMissing,
  kCertificateKeyKind,
  kCertificateAnswer,
  kCertificateAlgorithm,
  kCertificateFips,
  kKeyRefusedBySshd,
  kSshKeysDiffer,
  kKeysRefusedBySshd,
  kSshdWithoutPam,
  kBadKeysOnly,
  kClosedAccount,
  kAccountLocksOut,
  kSerialConsoleOnly,
  kHostKeyType,
  kHostKeyToolMissing,
  kHostKeysIncomplete,
  kSshdNoInclude,
  kSshdOverruled,
  kSshdNotJudged,
  kSshdNotChecked,
  kSshdPolicy,
  kSshdMatchAllowsPasswords,
  kSshdNotReloaded,
  kAgentDirectoryOfOther,
  kCustomDataDocument,
  kCustomDataProgram,
  kCustomDataInterrupted,
  kCustomDataAgain,
  kCustomDataPackages,
  kCustomDataRepositories,
  kNoPackageManager,
  kRebootNotKnown,
  kCustomDataHostName,
  kCustomDataTimeZone,
  kCustomDataLocale,
  kCustomDataCertificates,
  kCustomDataTimeServers,
  kNoTimeClient,
  kCustomDataDisks,
  kCustomDataDiskLeft,
  kCustomDataMount,
  kCustomDataSwap,
  kShutdownNotScheduled,
  kProgramNotTrusted,
  kProgramNotExecutable,
  kCustomDataDamaged,
  kNoUpdateProgram,
  kUpdateSchedule,
  kStateDamaged,
};

/// One row of the table of names.
struct CauseName {
  Cause cause;
  Reason reason;          ///< the reason that it belongs to
  std::string_view name;  ///< stable: in JSON and in the journal's AZL_CAUSE=, e.g. "no-shell"
};

/// Returns all rows, in the order of Cause, which is that of their reasons.
[[nodiscard]] std::span<const CauseName> causes();
/// Returns the stable name of a cause.
[[nodiscard]] std::string_view to_string(Cause cause);
/// Returns the reason that a cause belongs to.
[[nodiscard]] Reason reason_of(Cause cause);

}  // namespace azl
