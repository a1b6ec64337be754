// The reason codes, and what each one means to the platform, the user and the journal.
#pragma once

#include <span>
#include <string_view>

namespace azl {

/// Why something failed. In the order of the table in reason.cpp; a test compares them.
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
  kNoVmId,
  kPreprovisioned,
  kMediaUnreadable,
  kOvfMalformed,
  kOvfUnexpected,
  kNoDhcpInterface,
  kNoLease,
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
  /// Stable name in JSON and in the journal's AZL_REASON=, e.g. "imds-http".
  std::string_view name;
  /// `reason=` of PROVISIONING_REPORT; `{}` stands for Error::detail or Error::http_status.
  std::string_view kvp;
  std::string_view message_id;  ///< the journal's MESSAGE_ID, 32 hex digits; see the catalog
  std::string_view advice;      ///< what the user can do, one sentence without a final period
};

/// Returns the row of a reason.
[[nodiscard]] const ReasonInfo& info(Reason reason);
/// Returns all rows, in the order of Reason.
[[nodiscard]] std::span<const ReasonInfo> reasons();

}  // namespace azl
