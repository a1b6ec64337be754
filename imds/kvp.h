// Hyper-V key-value pairs. The host reads the provisioning report from pool 1.
#pragma once

#include <map>
#include <span>
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
/// Records of events that this agent writes at most; the others are for other programs.
inline constexpr std::size_t kKvpMaxEventRecords = kKvpMaxRecords / 2;
inline constexpr std::string_view kKvpPool = "/var/lib/hyperv/.kvp_pool_1";
inline constexpr std::string_view kProvisioningReport = "PROVISIONING_REPORT";

/// One record, without padding.
struct KvpRecord {
  std::string key;
  std::string value;
};

/// The records of one event, which are written together or not at all. imds/kvp_event.h makes them.
using KvpEventRecords = std::vector<KvpRecord>;

/// Parses the bytes of a pool file. Ignores a partial record at the end. Text ends at its first
/// NUL.
[[nodiscard]] std::vector<KvpRecord> parse_kvp(std::string_view bytes);
/// Returns the bytes of the pool with `record`, which replaces the first record of its key or is
/// appended. Drops later records of that key and a partial record at the end. Keeps all other
/// records and their order. Errors: kKvp (the pool is full; the key is empty or over 511 bytes, the
/// value over 2,047; or either contains a NUL).
[[nodiscard]] Result<std::string> kvp_with(std::string_view pool, const KvpRecord& record);
/// The same, and replaces the events that this agent wrote earlier by `events`. They come after the
/// report, so they never take its place: those that do not fit into the pool or into
/// kKvpMaxEventRecords are left out, and so are those that a record cannot hold.
[[nodiscard]] Result<std::string> kvp_with(std::string_view pool, const KvpRecord& record,
                                           std::span<const KvpEventRecords> events);

/// Returns the CSV of a report: fields "key=value" joined by '|'. A field with '|', ''', CR or LF
/// is put in single quotes, with each ' doubled. A NUL becomes a space. The result is never longer
/// than kKvpHostLimit: the longest values are shortened between characters, except result, agent,
/// pps_type, vm_id, timestamp and documentation_url. If that is not enough, fields are left out
/// from the end.
[[nodiscard]] std::string report_value(
    const std::vector<std::pair<std::string, std::string>>& fields);

/// Returns the PROVISIONING_REPORT of a success. An empty vm_id is left out. `pps_type`: that of a
/// VM which is ready for its pool.
[[nodiscard]] std::string success_report(std::string_view vm_id, WallTime when,
                                         std::string_view pps_type = "None");
/// Returns that of a failure: reason, agent, supporting data, VM id, time, documentation URL.
[[nodiscard]] std::string failure_report(const Error& error, std::string_view vm_id, WallTime when);

/// Writes a record and the events of this agent to the pool of `root` in place, under one lock, as
/// kvp_with() places them. Waits until the deadline for a flock and an
/// OFD lock. Empties a pool that was last changed before `booted`. Errors: kKvp with the cause
/// (also if there is no /var/lib/hyperv, because nobody reads the pool then), kDiskFull, kReadOnly.
[[nodiscard]] Result<void> write_kvp(const Root& root, const KvpRecord& record,
                                     std::span<const KvpEventRecords> events, WallTime booted,
                                     const Deadline& deadline);

}  // namespace azl::imds
