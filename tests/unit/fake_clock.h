// A clock that a test moves: sleeping takes no time and is recorded.
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

  /// Lets time pass without anybody asking for it.
  void advance(Duration how_long) { passed_ += how_long; }
  /// What was slept, in order.
  [[nodiscard]] const std::vector<Duration>& sleeps() const { return sleeps_; }
  /// All the time that passed since the clock was made.
  [[nodiscard]] Duration passed() const { return passed_; }

 private:
  Duration passed_{};
  std::vector<Duration> sleeps_;
};

}  // namespace azl::test
