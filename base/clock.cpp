#include "base/clock.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>

#include <time.h>

namespace azl {

namespace {

Duration read_clock(clockid_t which) {
  timespec time{};
  clock_gettime(which, &time);  // cannot fail for the clocks used here
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                              std::chrono::nanoseconds(time.tv_nsec));
}

timespec to_timespec(Duration time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(time - seconds).count()};
}

/// SplitMix64: small, and good enough to separate machines that boot at the same time.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

/// Returns a uniformly distributed number in [-1, 1).
double random_spread(std::uint64_t& state) {
  constexpr double kTwoTo52 = 4503599627370496.0;
  return static_cast<double>(next_random(state) >> 11U) / kTwoTo52 - 1.0;
}

Duration scaled(Duration duration, double by) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * by));
}

/// Duration::max(), "no limit", must not wrap into the past.
SteadyTime saturating_add(SteadyTime start, Duration how_long) {
  if (how_long > SteadyTime::max() - start) return SteadyTime::max();
  return start + how_long;
}

}  // namespace

SteadyTime SystemClock::now() const { return SteadyTime(read_clock(CLOCK_BOOTTIME)); }

WallTime SystemClock::wall() const { return WallTime(read_clock(CLOCK_REALTIME)); }

void SystemClock::sleep(Duration how_long) {
  const timespec until = to_timespec(saturating_add(now(), how_long).time_since_epoch());
  while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

Deadline::Deadline(const Clock& clock, Duration how_long)
    : clock_(&clock), at_(saturating_add(clock.now(), how_long)) {}

Duration Deadline::remaining() const { return std::max(at_ - clock_->now(), Duration::zero()); }

int Deadline::poll_timeout(Duration limit) const {
  const auto milliseconds =
      std::chrono::ceil<std::chrono::milliseconds>(std::min(remaining(), limit)).count();
  constexpr std::int64_t kLongest = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, kLongest));
}

Deadline Deadline::within(Duration how_long) const {
  Deadline earlier(*clock_, how_long);
  earlier.at_ = std::min(earlier.at_, at_);
  return earlier;
}

std::optional<Duration> Backoff::next(const Deadline& deadline,
                                      std::optional<Duration> retry_after) {
  const Duration step = std::min(next_, policy_.longest);
  next_ = scaled(step, policy_.factor);
  const double spread = random_spread(state_);
  Duration wait = scaled(step, 1.0 + policy_.jitter * spread);
  const Duration remaining = deadline.remaining();
  // A Retry-After beyond the deadline would rule out an answer, so it is ignored.
  if (retry_after && *retry_after < remaining) {
    // Machines that were refused together would all come back at the same moment. The jitter only
    // lengthens the pause, because the server means not to be asked before.
    const Duration later = *retry_after + scaled(std::min(*retry_after, policy_.longest),
                                                 policy_.jitter * (1.0 + spread) / 2);
    wait = std::max(wait, later < remaining ? later : *retry_after);
  }
  // A try that starts at the deadline has no time.
  if (wait >= deadline.remaining()) return std::nullopt;
  return wait;
}

std::string iso8601(WallTime when, bool fraction) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(when - day);

  char text[48];
  int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  std::string result(text, static_cast<std::size_t>(length));
  if (fraction) {
    length = std::snprintf(text, sizeof text, ".%06d", static_cast<int>(time.subseconds().count()));
    result.append(text, static_cast<std::size_t>(length));
  }
  return result + "+00:00";
}

}  // namespace azl
