// The faults of a scenario, and which request gets which fault.
//
//   FaultPlan plan(scenario.imds.faults);
//   if (const Fault* fault = plan.next(number, "/metadata/instance?api-version=…")) …
#pragma once

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azl::platform {

/// What the server does to a request in place of its normal answer.
enum class FaultAction {
  kStatus,    ///< another status, with Retry-After if the scenario gives one
  kDelay,     ///< the normal answer, later
  kHold,      ///< the normal answer, once the release file exists
  kReset,     ///< RST, no answer
  kClose,     ///< FIN, no answer
  kHang,      ///< no answer; the connection stays open until the client closes it
  kTruncate,  ///< the normal Content-Length, half of the body, FIN
  kGarbage,   ///< the normal status and headers, a body that is neither JSON nor XML
  kHuge,      ///< a body of 4 GiB, sent until the client hangs up
};

/// The action's name in scenario files and logs.
[[nodiscard]] std::string_view name_of(FaultAction action);
/// Returns nullopt if no action has that name.
[[nodiscard]] std::optional<FaultAction> parse_fault_action(std::string_view name);
/// All names, as "status, delay, …", for messages.
[[nodiscard]] std::string fault_action_names();

/// Request numbers from `first` to `last` inclusive, counted from 1.
struct RequestRange {
  unsigned first = 1;
  unsigned last = std::numeric_limits<unsigned>::max();

  [[nodiscard]] bool contains(unsigned number) const { return first <= number && number <= last; }
  bool operator==(const RequestRange&) const = default;
};

/// Parses "3", "2-4", "5-" or "all". Returns nullopt for anything else.
[[nodiscard]] std::optional<RequestRange> parse_request_range(std::string_view text);

/// One entry of a scenario's "faults".
struct Fault {
  RequestRange request = {};  ///< counting all requests to the server
  RequestRange nth = {};      ///< counting only the requests that match `match`
  std::string match = {};     ///< prefix of the request's target; empty matches every request
  FaultAction action = FaultAction::kStatus;
  int status = 503;                      ///< for kStatus
  std::optional<int> retry_after = {};   ///< seconds, for kStatus
  std::chrono::milliseconds delay{0};    ///< waiting time before the action
  std::optional<std::string> body = {};  ///< replaces the body of kStatus, kTruncate, kGarbage
  bool chunked = false;                  ///< kHuge uses chunks instead of Content-Length
};

/// Decides which request gets which fault. Not thread-safe.
class FaultPlan {
 public:
  explicit FaultPlan(std::vector<Fault> faults);

  /// Returns the first fault for the request with this number, or null if there is none. Counts the
  /// request, so call it once for each.
  [[nodiscard]] const Fault* next(unsigned number, std::string_view target);

 private:
  struct Entry {
    Fault fault;
    unsigned matched = 0;  ///< requests so far that match `fault.match`
  };
  std::vector<Entry> entries_;
};

}  // namespace azl::platform
