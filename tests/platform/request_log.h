// Logs one JSON line for each request to a simulated service.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "tests/platform/fault.h"
#include "tests/platform/http_message.h"
#include "tests/platform/result.h"

namespace azl::platform {

/// One request and its result.
struct Exchange {
  std::string_view server;  ///< "imds", "wireserver" or "host-plugin"
  unsigned number = 0;      ///< the server's count, from 1
  Request request;          ///< its method is empty if the request could not be parsed
  int status = 0;           ///< 0: no status was sent
  std::optional<std::chrono::seconds> retry_after;  ///< of the answer
  std::optional<FaultAction> fault;
  WallTime received;
  Duration duration{0};  ///< from `received` until the answer, or the fault, was ready
};

/// Formats an exchange as a line with its newline. Truncates the body to 64 KiB, and replaces bytes
/// that are not UTF-8 with U+FFFD.
[[nodiscard]] std::string log_line(const Exchange& exchange);

/// Is told of each exchange, before the client can see the answer; one at a time.
using RequestObserver = std::function<void(const Exchange&)>;

/// The log file. Thread-safe: lines are never interleaved.
class RequestLog {
 public:
  /// Opens the file for appending, and makes it if missing. An empty path means standard error.
  [[nodiscard]] static Result<RequestLog> open(const std::string& path);
  RequestLog(RequestLog&& other) noexcept
      : file_(std::move(other.file_)), observer_(std::move(other.observer_)) {}
  /// Has `observer` told too. Call it before any server uses the log.
  void set_observer(RequestObserver observer) { observer_ = std::move(observer); }

  /// Writes the line at once, so that a caller which logs before it answers can rely on the order.
  void write(const Exchange& exchange);

 private:
  explicit RequestLog(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
  RequestObserver observer_;
  std::mutex mutex_;
};

}  // namespace azl::platform
