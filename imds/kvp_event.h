// Events for the host, in the layout of cloud-init's HyperVKvpReportingHandler
// (cloudinit/reporting/handlers.py), which Azure collects and dashboards read: learn.microsoft.com,
// "cloud-init support for virtual machines in Azure", Telemetry.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "imds/kvp.h"

namespace azl::imds {

/// The beginning of the names of this agent's events: "azl-provision/main/user".
inline constexpr std::string_view kEventOwner = "azl-provision/";
/// Bytes of a message that an event holds at most; the rest is cut off.
inline constexpr std::size_t kEventMessageLimit = 2048;

/// Something that began or ended.
struct KvpEvent {
  std::string type;  ///< "start" or "finish"
  std::string name;  ///< begins with kEventOwner; without '|'
  std::string id;    ///< a UUID, the same whenever the event is written again
  WallTime at;
  std::string result = {};  ///< of an end: "SUCCESS", "WARN" or "FAIL"; empty: there is none
  std::string message = {};
};

/// Returns the records of an event. The key is "CLOUD_INIT|INCARNATION|TYPE|NAME|ID", where the
/// incarnation is the second at which the machine was booted. The value is a JSON object with name,
/// type, ts, result and msg, in ASCII, of at most kKvpHostLimit bytes. A longer message is divided
/// between characters: each record then has a part of it as msg and its number as msg_i, and "|I"
/// at the end of its key, so that each value is valid JSON. Pure.
[[nodiscard]] KvpEventRecords event_records(const KvpEvent& event, WallTime booted);

/// Whether a record's key is that of an event of this agent, of any boot. Pure.
[[nodiscard]] bool is_own_event(std::string_view key);

}  // namespace azl::imds
