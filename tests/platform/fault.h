// Faults that a scenario asks for, and which request meets which of them.
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

/// What happens to a request instead of its proper answer.
enum class FaultAction {
  kStatus,    ///< another status, with Retry-After if asked for
  kDelay,     ///< the proper answer, later
  kHold,      ///< the proper answer, once the release file exists
  kReset,     ///< RST, no answer
  kClose,     ///< FIN, no answer
  kHang,      ///< no answer, and the connection stays open until the client gives up
  kTruncate,  ///< the proper Content-Length, half of the body, FIN
  kGarbage,   ///< the proper status and headers, a body that is neither JSON nor XML
  kHuge,      ///< a body of 4 GiB, sent until the client hangs up
};

/// Its name in scenario files and logs.
[[nodiscard]] std::string_view name_of(FaultAction action);
/// Empty optional for a name that is none of them.
[[nodiscard]] std::optional<FaultAction> fault_action(std::string_view name);
/// "status, delay, …", for messages.
[[nodiscard]] std::string fault_action_names();

/// Request numbers from first to last, both included and counted from 1.
struct RequestRange {
  unsigned first = 1;
  unsigned last = std::numeric_limits<unsigned>::max();

  [[nodiscard]] bool contains(unsigned number) const { return first <= number && number <= last; }
  bool operator==(const RequestRange&) const = default;
};

/// "3", "2-4", "5-" or "all"; empty optional for anything else.
[[nodiscard]] std::optional<RequestRange> parse_request_range(std::string_view text);

/// One entry of a scenario's "faults".
struct Fault {
  RequestRange request = {};  ///< by the server's count of all requests
  RequestRange nth = {};      ///< by the count of those that `match` fits
  std::string match = {};     ///< prefix of the request's target; empty fits all
  FaultAction action = FaultAction::kStatus;
  int status = 503;                      ///< for kStatus
  std::optional<int> retry_after = {};   ///< seconds, for kStatus
  std::chrono::milliseconds delay{0};    ///< waited before whatever is done
  std::optional<std::string> body = {};  ///< replaces the body of kStatus, kTruncate, kGarbage
  bool chunked = false;                  ///< kHuge by chunks instead of by Content-Length
};

/// Decides which request meets which fault. Not thread-safe.
class FaultPlan {
 public:
  explicit FaultPlan(std::vector<Fault> faults);

  /// The first entry that fits the request with this number, or null. To be called once per
  /// request.
  [[nodiscard]] const Fault* next(unsigned number, std::string_view target);

 private:
  struct Entry {
    Fault fault;
    unsigned matched = 0;  ///< requests so far that `match` fits
  };
  std::vector<Entry> entries_;
};

}  // namespace azl::platform
