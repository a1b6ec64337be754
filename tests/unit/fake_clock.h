// A clock that tests control. Sleeping takes no time and is recorded.
#pragma once

#include <chrono>
#include <vector>

#include "base/clock.h"

namespace azl::test {

/// Starts one hour after boot, at 2026-01-02 03:04:05 UTC.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override {
    return SteadyTime(std::chrono::hours(1)) + passed_;
  }
  [[nodiscard]] WallTime wall() const override {
    return WallTime(std::chrono::seconds(1'767'323'045)) + passed_;
  }
  void sleep(Duration how_long) override {
    sleeps_.push_back(how_long);
    passed_ += how_long;
  }

  /// Advances the clock.
  void advance(Duration how_long) { passed_ += how_long; }
  /// Returns the recorded sleeps, in order.
  [[nodiscard]] const std::vector<Duration>& sleeps() const { return sleeps_; }
  /// Returns how long ago the clock was made.
  [[nodiscard]] Duration passed() const { return passed_; }

 private:
  Duration passed_{};
  std::vector<Duration> sleeps_;
};

}  // namespace azl::test
