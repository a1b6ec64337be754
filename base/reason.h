// The reason codes: why something failed.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace azl {

/// Why something failed. imds/kvp_reason.h has the platform's text for each reason, and
/// provision/record/advice.h what a user can do about it. base/cause.h has the finer causes.
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
  kUpdates,
  kState,
};

/// One row of the table of names.
struct ReasonName {
  Reason reason;
  std::string_view name;  ///< stable: in JSON and in the journal's AZL_REASON=, e.g. "imds-http"
};

/// Returns all rows, in the order of Reason.
[[nodiscard]] std::span<const ReasonName> reasons();
/// Returns the stable name of a reason.
[[nodiscard]] std::string_view to_string(Reason reason);
/// Returns the reason of that name, or nullopt if there is none.
[[nodiscard]] std::optional<Reason> parse_reason(std::string_view name);

}  // namespace azl
