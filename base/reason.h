// The reason codes, and the one table of what each means to the platform, the user and the journal.
#pragma once

#include <span>
#include <string_view>

namespace azl {

/// Why something failed. The order is that of the table in reason.cpp; a test compares the two.
enum class Reason {
  kUnexpected,
  kIo,
  kDiskFull,
  kReadOnly,
  kTimeout,
  kInvalidInput,
  kConfig,
  kUsage,
  kLocked,
  kInterrupted,
  kToolMissing,
  kToolFailed,
  kNotAzure,
  kNoVmId,
  kOtherAgent,
  kPreprovisioned,
  kMediaUnreadable,
  kOvfMalformed,
  kOvfUnexpected,
  kNoDhcpInterface,
  kNoLease,
  kNoPrimary,
  kImdsConnectTimeout,
  kImdsConnect,
  kImdsReadTimeout,
  kImdsHttp,
  kImdsMalformed,
  kImdsInvalidKey,
  kWireServer,
  kNotReported,
  kKvp,
  kNetwork,
  kDisk,
  kHostName,
  kUserName,
  kUser,
  kGroup,
  kSudoers,
  kPassword,
  kPasswordLength,
  kSshKey,
  kNoWayIn,
  kHostKeys,
  kSshd,
  kMachineId,
  kHandOver,
  kCustomData,
  kCustomDataMissing,
  kProxyAgent,
  kState,
};

/// One row of the table.
struct ReasonInfo {
  Reason reason;
  std::string_view name;  ///< stable name in JSON and the journal's AZL_REASON=, e.g. "imds-http"
  std::string_view
      kvp;  ///< PROVISIONING_REPORT's `reason=`; `{}` stands for Error's detail or status
  std::string_view message_id;  ///< journal MESSAGE_ID, 32 hex digits; explained in the catalog
  int exit_status;              ///< of a command that ends with this reason, 1..255
  std::string_view advice;      ///< what the user can do, one sentence
};

/// The row of a reason.
[[nodiscard]] const ReasonInfo& info(Reason reason);
/// All rows, in the order of Reason.
[[nodiscard]] std::span<const ReasonInfo> reasons();

}  // namespace azl
