// What the first boots of a fleet asked of the platform, as a table and as JSON.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/platform/request_log.h"

namespace azl::platform {

/// A request of a VM, and its answer.
struct FleetRequest {
  std::string server;                               ///< "imds" or "wireserver"
  std::string request;                              ///< method and target
  WallTime received = {};                           ///< when its first byte arrived
  WallTime answered = {};                           ///< when the answer was ready
  int status = 0;                                   ///< 0: none was sent
  std::optional<std::chrono::seconds> retry_after;  ///< of the answer
  bool says_ready = false;                          ///< a health report of "Ready"
};
[[nodiscard]] FleetRequest to_fleet_request(const Exchange& exchange);

/// What came of one VM.
struct FleetVm {
  std::string name;
  std::string vm_id;
  std::optional<int> exit_status;           ///< of the agent; nullopt: it did not run to its end
  std::string error;                        ///< why it did not, or the agent's last message
  WallTime start = {};                      ///< of the agent
  Duration wall{0};                         ///< how long the agent ran
  std::vector<FleetRequest> requests = {};  ///< in the order of their answers
};

/// What the requests of one VM mean.
struct FleetRow {
  std::size_t requests = 0;
  std::size_t throttled = 0;           ///< answered 429
  std::size_t retries = 0;             ///< repeat a request of the VM that was not answered 2xx
  std::optional<Duration> ready = {};  ///< from the start until Ready was accepted; nullopt: never
  /// For each retry after a Retry-After: how much later than that it came. Negative: too early.
  std::vector<Duration> after_retry_after = {};
};
[[nodiscard]] FleetRow summarize_vm(const FleetVm& vm);

/// The whole fleet.
struct FleetSummary {
  std::size_t vms = 0;
  std::size_t ready = 0;  ///< VMs whose Ready was accepted
  std::size_t requests = 0;
  std::size_t throttled = 0;
  std::size_t early = 0;               ///< retries before Retry-After
  std::vector<Duration> retries = {};  ///< after_retry_after of all VMs, sorted
  std::size_t peak = 0;                ///< most requests within any second
  double mean = 0;                     ///< requests per second, from the first to the last one
  std::optional<Duration> first = {};  ///< between the first requests of the first and last VM
  [[nodiscard]] bool all_ready() const { return ready == vms; }
};
[[nodiscard]] FleetSummary summarize_fleet(const std::vector<FleetVm>& vms);

/// A table with a line for each VM, and the summary.
[[nodiscard]] std::string fleet_text(const std::vector<FleetVm>& vms);
/// The same as a JSON object. Times are in seconds.
[[nodiscard]] std::string fleet_json(const std::vector<FleetVm>& vms);

}  // namespace azl::platform
