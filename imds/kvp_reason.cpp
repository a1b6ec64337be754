#include "imds/kvp_reason.h"

#include <array>

namespace azl::imds {

namespace {

struct KvpText {
  Reason reason;
  std::string_view text;
};

// Where cloud-init has a KVP string for the same failure, ours is identical, because dashboards
// match on it. The detail of kProxyAgent is "not found" or "status failure".
constexpr auto kTexts = std::to_array<KvpText>({
    {Reason::kUnexpected, "unhandled exception"},
    {Reason::kIo, "error reading or writing a file: {}"},
    {Reason::kDiskFull, "no space left on device"},
    {Reason::kReadOnly, "read-only file system"},
    {Reason::kTimeout, "operation timed out: {}"},
    {Reason::kInvalidInput, "invalid input: {}"},
    {Reason::kConfig, "invalid configuration: {}"},
    {Reason::kUsage, "invalid command line: {}"},
    {Reason::kLocked, "another run of azl-provision holds the lock"},
    {Reason::kInterrupted, "provisioning was interrupted: {}"},
    {Reason::kToolMissing, "required program not found: {}"},
    {Reason::kToolFailed, "program failed: {}"},
    {Reason::kNoVmId, "failure to identify Azure VM ID"},
    {Reason::kPreprovisioned, "failure during pre-provisioning: {}"},
    {Reason::kMediaUnreadable, "failure to read provisioning media: {}"},
    {Reason::kOvfMalformed, "error parsing ovf-env.xml: {}"},
    {Reason::kOvfUnexpected, "unexpected metadata parsing ovf-env.xml: {}"},
    {Reason::kNoDhcpInterface, "failure to find DHCP interface"},
    {Reason::kNoLease, "failure to obtain DHCP lease"},
    {Reason::kImdsConnectTimeout, "connection timeout querying IMDS"},
    {Reason::kImdsConnect, "connection error querying IMDS"},
    {Reason::kImdsReadTimeout, "read timeout querying IMDS"},
    {Reason::kImdsHttp, "http error {} querying IMDS"},
    {Reason::kImdsMalformed, "error parsing IMDS metadata"},
    {Reason::kImdsInvalidKey, "invalid IMDS metadata for key={}"},
    {Reason::kWireServer, "failure to query WireServer: {}"},
    {Reason::kNotReported, "failure to report health to Azure: {}"},
    {Reason::kKvp, "failure to write KVP telemetry: {}"},
    {Reason::kNetwork, "failure to configure network interfaces: {}"},
    {Reason::kDisk, "failure to set up a disk: {}"},
    {Reason::kHostName, "invalid host name: {}"},
    {Reason::kUserName, "invalid user name: {}"},
    {Reason::kUser, "failure to create user: {}"},
    {Reason::kGroup, "failure to add user to group: {}"},
    {Reason::kSudoers, "failure to configure sudo: {}"},
    {Reason::kPassword, "failure to set password"},
    {Reason::kPasswordLength, "unsupported password length={} max=72"},
    {Reason::kSshKey, "invalid SSH public key: {}"},
    {Reason::kNoWayIn, "no usable SSH key and no password"},
    {Reason::kHostKeys, "failure to generate SSH host keys: {}"},
    {Reason::kSshd, "failure to configure sshd: {}"},
    {Reason::kMachineId, "failure to replace machine-id: {}"},
    {Reason::kHandOver, "failure to hand over to the Azure guest agent: {}"},
    {Reason::kCustomData, "failure to apply customData: {}"},
    {Reason::kCustomDataMissing, "failure to read customData while hasCustomData=true"},
    {Reason::kProxyAgent, "azure-proxy-agent {}"},
    {Reason::kUpdates, "failure to enable automatic updates: {}"},
    {Reason::kState, "failure to record provisioning state: {}"},
});

/// Whether the row of each reason is at its place.
constexpr bool is_complete() {
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    if (static_cast<std::size_t>(kTexts[i].reason) != i) return false;
  }
  return kTexts.size() == static_cast<std::size_t>(Reason::kState) + 1;
}
static_assert(is_complete(), "the rows are in the order of Reason");

/// Returns what replaces `{}`.
std::string detail_of(const Error& error) {
  if (error.reason() == Reason::kImdsHttp && error.http_status())
    return std::to_string(*error.http_status());
  return error.detail().empty() ? error.cause() : error.detail();
}

}  // namespace

std::string_view kvp_text(Reason reason) { return kTexts[static_cast<std::size_t>(reason)].text; }

std::string kvp_reason(const Error& error) {
  std::string text(kvp_text(error.reason()));
  const auto hole = text.find("{}");
  if (hole != std::string::npos) text.replace(hole, 2, detail_of(error));
  return text;
}

}  // namespace azl::imds
