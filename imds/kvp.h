// Hyper-V key-value pairs: what the host reads from pool 1 and shows as the provisioning report.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"

namespace azl::imds {

inline constexpr std::size_t kKvpKeySize = 512;     ///< bytes of a record's key, NUL padded
inline constexpr std::size_t kKvpValueSize = 2048;  ///< bytes of a record's value, NUL padded
inline constexpr std::size_t kKvpRecordSize = kKvpKeySize + kKvpValueSize;
inline constexpr std::size_t kKvpHostLimit = 1023;   ///< bytes of a value that the host reads
inline constexpr std::size_t kKvpMaxRecords = 1024;  ///< records that the host reads
inline constexpr std::string_view kKvpPool = "/var/lib/hyperv/.kvp_pool_1";
inline constexpr std::string_view kProvisioningReport = "PROVISIONING_REPORT";

/// One record, without padding.
struct KvpRecord {
  std::string key;
  std::string value;
};

/// Parses a pool file: any bytes. A partial record at the end is ignored; text ends at its first
/// NUL.
[[nodiscard]] std::vector<KvpRecord> parse_kvp(std::string_view bytes);
/// The pool's bytes after `record` has replaced the first one of its key (later duplicates and a
/// partial record at the end go), or was appended. All other records are kept byte for byte, in
/// order. Errors: kKvp (pool full; key empty or over 511 bytes, value over 2,047, a NUL in one of
/// them).
[[nodiscard]] Result<std::string> kvp_with(std::string_view pool, const KvpRecord& record);

/// The CSV of a report: fields "key=value" joined by '|'; a field holding '|', ''', CR or LF is put
/// in single quotes with ' doubled. Never longer than kKvpHostLimit: the longest values are
/// shortened between characters, but never those of result, agent, pps_type, vm_id, timestamp and
/// documentation_url; where that is not enough, fields are left out from the end. A NUL becomes a
/// space.
[[nodiscard]] std::string report_value(
    const std::vector<std::pair<std::string, std::string>>& fields);

/// What PROVISIONING_REPORT says of a success. An empty vm_id is left out.
[[nodiscard]] std::string success_report(std::string_view vm_id, WallTime when);
/// And of a failure: reason, agent, supporting data, vm id, time, documentation URL.
[[nodiscard]] std::string failure_report(const Error& error, std::string_view vm_id, WallTime when);

/// Writes one record to the pool of `root` in place, under flock and an OFD lock, for which it
/// waits until the deadline. A pool last changed before `booted` is emptied first. Errors: kKvp
/// with the cause (also no /var/lib/hyperv: nobody reads it there), kDiskFull, kReadOnly.
[[nodiscard]] Result<void> write_kvp(const Root& root, const KvpRecord& record, WallTime booted,
                                     const Deadline& deadline);

}  // namespace azl::imds
