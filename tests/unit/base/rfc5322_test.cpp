#include "base/rfc5322.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("a date is written as RFC 5322 says, in UTC") {
  struct Row {
    azl::Duration since_1970;
    std::string date;
  };
  const Row rows[] = {
      {0s, "Thu, 01 Jan 1970 00:00:00 +0000"},
      {-1us, "Wed, 31 Dec 1969 23:59:59 +0000"},
      {951'782'400s, "Tue, 29 Feb 2000 00:00:00 +0000"},
      {1'795'959'482'999'999us, "Sun, 29 Nov 2026 13:38:02 +0000"},
  };
  for (const auto& row : rows) CHECK(azl::rfc5322(azl::WallTime(row.since_1970)) == row.date);
}
