#include "tests/platform/rate_limit.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace azl::platform {
namespace {

constexpr SteadyTime kStart{1h};

TEST_CASE("a sixth request within a second is refused, and accepted after Retry-After") {
  RateLimit limit({.per_second = 5});
  for (int i = 0; i < 5; ++i) CHECK_FALSE(limit.refuse(kStart + i * 100ms));
  CHECK(limit.refuse(kStart + 500ms) == 1s);
  CHECK(limit.refuse(kStart + 999ms) == 1s);
  // The first request has left the window, the second has not.
  CHECK_FALSE(limit.refuse(kStart + 1000ms));
  CHECK(limit.refuse(kStart + 1099ms) == 1s);
  CHECK_FALSE(limit.refuse(kStart + 1100ms));
}

TEST_CASE("refused requests do not prolong the refusal") {
  RateLimit limit({.per_second = 1});
  CHECK_FALSE(limit.refuse(kStart));
  for (int i = 1; i < 10; ++i) CHECK(limit.refuse(kStart + i * 100ms) == 1s);
  CHECK_FALSE(limit.refuse(kStart + 1s));
}

TEST_CASE("requests of other programs count just before the first one") {
  RateLimit limit({.per_second = 5, .spent = 4});
  CHECK_FALSE(limit.refuse(kStart));
  CHECK(limit.refuse(kStart) == 1s);
  RateLimit full({.per_second = 5, .spent = 5});
  CHECK(full.refuse(kStart) == 1s);
  CHECK_FALSE(full.refuse(kStart + 1s));
}

TEST_CASE("there is no limit by default") {
  RateLimit limit({});
  for (int i = 0; i < 100; ++i) CHECK_FALSE(limit.refuse(kStart));
}

}  // namespace
}  // namespace azl::platform
