#include "base/reason.h"

#include <algorithm>
#include <array>

namespace azl {

namespace {

constexpr auto kNames = std::to_array<ReasonName>({
    {Reason::kUnexpected, "unexpected"},
    {Reason::kIo, "io"},
    {Reason::kDiskFull, "disk-full"},
    {Reason::kReadOnly, "read-only"},
    {Reason::kTimeout, "timeout"},
    {Reason::kInvalidInput, "invalid-input"},
    {Reason::kConfig, "config"},
    {Reason::kUsage, "usage"},
    {Reason::kLocked, "locked"},
    {Reason::kInterrupted, "interrupted"},
    {Reason::kToolMissing, "tool-missing"},
    {Reason::kToolFailed, "tool-failed"},
    {Reason::kNoVmId, "no-vm-id"},
    {Reason::kPreprovisioned, "preprovisioned"},
    {Reason::kMediaUnreadable, "media-unreadable"},
    {Reason::kOvfMalformed, "ovf-malformed"},
    {Reason::kOvfUnexpected, "ovf-unexpected"},
    {Reason::kNoDhcpInterface, "no-dhcp-interface"},
    {Reason::kNoLease, "no-lease"},
    {Reason::kImdsConnectTimeout, "imds-connect-timeout"},
    {Reason::kImdsConnect, "imds-connect"},
    {Reason::kImdsReadTimeout, "imds-read-timeout"},
    {Reason::kImdsHttp, "imds-http"},
    {Reason::kImdsMalformed, "imds-malformed"},
    {Reason::kImdsInvalidKey, "imds-invalid-key"},
    {Reason::kWireServer, "wireserver"},
    {Reason::kNotReported, "not-reported"},
    {Reason::kKvp, "kvp"},
    {Reason::kNetwork, "network"},
    {Reason::kDisk, "disk"},
    {Reason::kHostName, "host-name"},
    {Reason::kUserName, "user-name"},
    {Reason::kUser, "user"},
    {Reason::kGroup, "group"},
    {Reason::kSudoers, "sudoers"},
    {Reason::kPassword, "password"},
    {Reason::kPasswordLength, "password-length"},
    {Reason::kSshKey, "ssh-key"},
    {Reason::kNoWayIn, "no-way-in"},
    {Reason::kHostKeys, "host-keys"},
    {Reason::kSshd, "sshd"},
    {Reason::kMachineId, "machine-id"},
    {Reason::kHandOver, "hand-over"},
    {Reason::kCustomData, "custom-data"},
    {Reason::kCustomDataMissing, "custom-data-missing"},
    {Reason::kProxyAgent, "proxy-agent"},
    {Reason::kUpdates, "updates"},
    {Reason::kState, "state"},
});

static_assert(kNames.size() == static_cast<std::size_t>(Reason::kState) + 1, "a reason has no row");

}  // namespace

std::span<const ReasonName> reasons() { return kNames; }

std::string_view to_string(Reason reason) { return kNames[static_cast<std::size_t>(reason)].name; }

std::optional<Reason> parse_reason(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name, &ReasonName::name);
  return found == kNames.end() ? std::nullopt : std::optional(found->reason);
}

}  // namespace azl
