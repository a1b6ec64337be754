// Clocks, deadlines and the pauses between retries.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace azl {

using Duration = std::chrono::microseconds;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// The source of time. Passed in, so that tests of waits take no time.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime now() const = 0;  ///< CLOCK_BOOTTIME
  [[nodiscard]] virtual WallTime wall() const = 0;   ///< CLOCK_REALTIME; may jump
  virtual void sleep(Duration how_long) = 0;
};

/// The kernel's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override;
  [[nodiscard]] WallTime wall() const override;
  void sleep(Duration how_long) override;
};

/// The moment at which a wait ends.
class Deadline {
 public:
  /// `how_long` from now; Duration::max() means no limit. The clock must outlive the deadline.
  Deadline(const Clock& clock, Duration how_long);
  [[nodiscard]] Duration remaining() const;  ///< never negative
  [[nodiscard]] bool passed() const { return remaining() == Duration::zero(); }
  /// Returns the remaining milliseconds for poll(2), rounded up, at most `limit`.
  [[nodiscard]] int poll_timeout(Duration limit = std::chrono::hours(1)) const;
  /// Returns the earlier of this deadline and `how_long` from now.
  [[nodiscard]] Deadline within(Duration how_long) const;
  [[nodiscard]] const Clock& clock() const { return *clock_; }

 private:
  const Clock* clock_;
  SteadyTime at_;
};

/// The pauses between retries: first `initial`, then each `factor` times the last one, at most
/// `longest`. Each pause varies at random by +-`jitter` (0..1) of itself.
struct BackoffPolicy {
  Duration initial = std::chrono::milliseconds(250);
  double factor = 2.0;
  Duration longest = std::chrono::seconds(10);
  double jitter = 0.2;
};

/// Computes the pauses of one series of tries.
class Backoff {
 public:
  explicit Backoff(BackoffPolicy policy = {}, std::uint64_t seed = 0)
      : policy_(policy), next_(policy.initial), state_(seed) {}
  /// Returns how long to wait before the next try, or nullopt if the wait would reach the deadline.
  /// A server's Retry-After, plus jitter, replaces a shorter pause if it ends before the deadline.
  [[nodiscard]] std::optional<Duration> next(const Deadline& deadline,
                                             std::optional<Duration> retry_after = {});

 private:
  BackoffPolicy policy_;
  Duration next_;
  std::uint64_t state_;
};

/// "2026-11-23T06:12:39.123456+00:00", UTC. Without `fraction`, the microseconds are left out.
[[nodiscard]] std::string iso8601(WallTime when, bool fraction = false);

}  // namespace azl
