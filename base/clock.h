// Time, handed in: every wait has a Deadline, every retry the one Backoff.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace azl {

using Duration = std::chrono::microseconds;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Where time comes from. Injected, so that tests of waits take none.
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

/// A moment after which nobody waits any longer.
class Deadline {
 public:
  /// `how_long` from now; the clock must outlive the deadline.
  /// Duration::max() is no limit.
  Deadline(const Clock& clock, Duration how_long);
  [[nodiscard]] Duration remaining() const;  ///< never negative
  [[nodiscard]] bool passed() const { return remaining() == Duration::zero(); }
  /// Milliseconds for poll(2): rounded up, at most `limit`.
  [[nodiscard]] int poll_timeout(Duration limit = std::chrono::hours(1)) const;
  /// The earlier of this one and `how_long` from now.
  [[nodiscard]] Deadline within(Duration how_long) const;
  [[nodiscard]] const Clock& clock() const { return *clock_; }

 private:
  const Clock* clock_;
  SteadyTime at_;
};

/// How retries are spaced: `initial`, then `factor` times the last, at most `longest`, each spread
/// by
/// +-`jitter` (0..1) of itself.
struct BackoffPolicy {
  Duration initial = std::chrono::milliseconds(250);
  double factor = 2.0;
  Duration longest = std::chrono::seconds(10);
  double jitter = 0.2;
};

/// The one retry policy of the program.
class Backoff {
 public:
  explicit Backoff(BackoffPolicy policy = {}, std::uint64_t seed = 0)
      : policy_(policy), next_(policy.initial), state_(seed) {}
  /// How long to wait before the next try; empty when that would pass the deadline. A server's
  /// Retry-After replaces the policy's own time where it is longer and ends before the deadline.
  [[nodiscard]] std::optional<Duration> next(const Deadline& deadline,
                                             std::optional<Duration> retry_after = {});

 private:
  BackoffPolicy policy_;
  Duration next_;
  std::uint64_t state_;
};

/// "2026-11-23T06:12:39.123456+00:00", UTC. `fraction` false leaves out the microseconds.
[[nodiscard]] std::string iso8601(WallTime when, bool fraction = false);

}  // namespace azl
