// IMDS's limit of requests per second for one VM.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace azl::platform {

struct RateLimitOptions {
  unsigned per_second = 0;  ///< 0: no limit
  /// Requests that other programs of the VM sent just before the first one; at most `per_second`.
  unsigned spent = 0;
};

/// Accepts as many requests in any second as the options allow. Thread-safe.
class RateLimit {
 public:
  explicit RateLimit(RateLimitOptions options) : options_(options) {}

  /// Counts a request that arrives at `now`. Returns nullopt if it is accepted, otherwise after how
  /// many seconds one will be, rounded up: the value of Retry-After. Refused requests do not count.
  [[nodiscard]] std::optional<std::chrono::seconds> refuse(SteadyTime now);

 private:
  const RateLimitOptions options_;
  std::mutex mutex_;
  bool asked_ = false;
  std::deque<SteadyTime> accepted_;  ///< in the last second
};

}  // namespace azl::platform
