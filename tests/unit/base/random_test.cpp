#include "base/random.h"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("a random name has 16 hexadecimal digits, and is another each time") {
  const auto name = azl::random_hex();
  CHECK(name.size() == 16);
  CHECK(name.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(azl::random_hex() != name);
}

TEST_CASE("each digit of a random name can have each value") {
  std::vector<std::set<char>> seen(16);
  constexpr int kNames = 1000;  // one value is missing at one place in 1 of 10^25 runs
  for (int i = 0; i < kNames; ++i) {
    const auto name = azl::random_hex();
    for (std::size_t at = 0; at < seen.size(); ++at) seen[at].insert(name[at]);
  }
  for (const auto& digits : seen) CHECK(digits.size() == 16);
}
