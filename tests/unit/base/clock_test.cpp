#include "base/clock.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"

using namespace std::chrono_literals;
using azl::Backoff;
using azl::BackoffPolicy;
using azl::Deadline;
using azl::Duration;
using azl::WallTime;
using azl::test::FakeClock;

TEST_CASE("a deadline counts down to zero with its clock") {
  FakeClock clock;
  const Deadline deadline(clock, 10s);
  CHECK(deadline.remaining() == 10s);
  clock.advance(4s);
  CHECK(deadline.remaining() == 6s);
  CHECK_FALSE(deadline.passed());
  clock.advance(6s);
  CHECK(deadline.passed());
  clock.advance(1h);
  CHECK(deadline.remaining() == 0s);
}

TEST_CASE("the timeout for poll is rounded up and limited") {
  FakeClock clock;
  CHECK(Deadline(clock, 1us).poll_timeout() == 1);
  CHECK(Deadline(clock, 1500us).poll_timeout() == 2);
  CHECK(Deadline(clock, 2ms).poll_timeout() == 2);
  CHECK(Deadline(clock, 0us).poll_timeout() == 0);
  CHECK(Deadline(clock, -5s).poll_timeout() == 0);
  CHECK(Deadline(clock, 5h).poll_timeout() == 3'600'000);
  CHECK(Deadline(clock, 5h).poll_timeout(100ms) == 100);
}

TEST_CASE("a deadline without a limit does not wrap into the past") {
  FakeClock clock;
  const Deadline never(clock, Duration::max());
  clock.advance(std::chrono::hours(24 * 365));
  CHECK_FALSE(never.passed());
  CHECK(never.within(5s).remaining() == 5s);
  CHECK(never.poll_timeout(Duration::max()) > 0);
}

TEST_CASE("within() returns the earlier of two deadlines") {
  FakeClock clock;
  const Deadline deadline(clock, 10s);
  CHECK(deadline.within(3s).remaining() == 3s);
  CHECK(deadline.within(30s).remaining() == 10s);
}

TEST_CASE("pauses without jitter double up to the longest") {
  FakeClock clock;
  const Deadline deadline(clock, 1h);
  Backoff backoff({.initial = 250ms, .factor = 2.0, .longest = 1s, .jitter = 0.0});
  const std::vector<Duration> expected = {250ms, 500ms, 1s, 1s, 1s};
  for (const Duration wait : expected) CHECK(backoff.next(deadline) == wait);
}

TEST_CASE("jitter varies each pause around the policy's") {
  FakeClock clock;
  const Deadline deadline(clock, 1h);
  Backoff backoff({.initial = 1s, .factor = 1.0, .longest = 1s, .jitter = 0.2}, 42);
  std::vector<Duration> waits;
  for (int i = 0; i < 1000; ++i) waits.push_back(backoff.next(deadline).value());
  const auto [least, most] = std::minmax_element(waits.begin(), waits.end());
  CHECK(*least >= 800ms);
  CHECK(*least < 820ms);
  CHECK(*most <= 1200ms);
  CHECK(*most > 1180ms);
}

TEST_CASE("equal seeds give equal pauses, and different seeds give different ones") {
  FakeClock clock;
  const Deadline deadline(clock, 1h);
  Backoff one({}, 1);
  Backoff same({}, 1);
  Backoff other({}, 2);
  const auto first = one.next(deadline);
  CHECK(first == same.next(deadline));
  CHECK(first != other.next(deadline));
}

TEST_CASE("a server's Retry-After is used if it is longer than the pause") {
  FakeClock clock;
  const Deadline deadline(clock, 1h);
  const BackoffPolicy policy{.initial = 1s, .factor = 1.0, .longest = 1s, .jitter = 0.0};
  CHECK(Backoff(policy).next(deadline, 7s) == 7s);
  CHECK(Backoff(policy).next(deadline, 0s) == 1s);
}

TEST_CASE("machines that got the same Retry-After wait at least so long, and not equally long") {
  FakeClock clock;
  const Deadline deadline(clock, 1h);
  std::set<Duration> pauses;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto pause = Backoff({}, seed).next(deadline, 1s);
    REQUIRE(pause);
    CHECK(*pause >= 1s);
    CHECK(*pause <= 1200ms);
    pauses.insert(*pause);
  }
  CHECK(pauses.size() == 20);
  CHECK(*pauses.rbegin() - *pauses.begin() > 100ms);
  // However long Retry-After is, it gets no more jitter than the longest pause.
  CHECK(Backoff({}, 1).next(deadline, 30min) <= 30min + 2s);
  // Jitter that would reach the deadline is left out.
  CHECK(Backoff({}, 1).next(Deadline(clock, 1001ms), 1s) == 1s);
}

TEST_CASE("no retry starts at the deadline") {
  FakeClock clock;
  const BackoffPolicy policy{.initial = 1s, .factor = 1.0, .longest = 1s, .jitter = 0.0};
  CHECK_FALSE(Backoff(policy).next(Deadline(clock, 1s)).has_value());
  CHECK(Backoff(policy).next(Deadline(clock, 1001ms)) == 1s);
  // A Retry-After beyond the deadline is ignored.
  CHECK(Backoff(policy).next(Deadline(clock, 5s), 10s) == 1s);
  CHECK(Backoff(policy).next(Deadline(clock, 5s), 5s) == 1s);
  CHECK_FALSE(Backoff(policy).next(Deadline(clock, 1s), 10s).has_value());
}

TEST_CASE("wall time is written as ISO 8601 in UTC") {
  const WallTime when(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 6h + 12min + 39s +
                      1456us);
  CHECK(azl::iso8601(when) == "2026-11-23T06:12:39+00:00");
  CHECK(azl::iso8601(when, true) == "2026-11-23T06:12:39.001456+00:00");
  CHECK(azl::iso8601(WallTime()) == "1970-01-01T00:00:00+00:00");
  CHECK(azl::iso8601(WallTime(-1us), true) == "1969-12-31T23:59:59.999999+00:00");
  CHECK(azl::iso8601(WallTime(951'782'400s)) == "2000-02-29T00:00:00+00:00");
}

TEST_CASE("the kernel's clocks advance and sleep at least as long as asked") {
  azl::SystemClock clock;
  const auto before = clock.now();
  clock.sleep(2ms);
  CHECK(clock.now() - before >= 2ms);
  clock.sleep(-1s);  // returns at once
  CHECK(clock.now() - before < 1s);
  CHECK(clock.wall() > WallTime(1'700'000'000s));
}
