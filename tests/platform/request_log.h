// One JSON line for each request that a simulated service met.
#pragma once

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

/// What became of one request.
struct Exchange {
  std::string_view server;  ///< "imds", "wireserver" or "host-plugin"
  unsigned number = 0;      ///< the server's count, from 1
  Request request;          ///< its method is empty where it could not be understood
  int status = 0;           ///< 0: no status was sent
  std::optional<FaultAction> fault;
  WallTime received;
  Duration duration{0};  ///< until the answer, or the fault, was ready
};

/// The line for an exchange, with its newline. Bodies are cut to 64 KiB; bytes that aren't UTF-8
/// become U+FFFD.
[[nodiscard]] std::string log_line(const Exchange& exchange);

/// Where the lines go. Thread-safe: lines never mix.
class RequestLog {
 public:
  /// Appends to a file, which is made if missing; an empty path is standard error.
  [[nodiscard]] static Result<RequestLog> open(const std::string& path);
  RequestLog(RequestLog&& other) noexcept : file_(std::move(other.file_)) {}

  /// Each line is one write(2), so it is there before the client sees its answer.
  void write(const Exchange& exchange);

 private:
  explicit RequestLog(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
  std::mutex mutex_;
};

}  // namespace azl::platform
