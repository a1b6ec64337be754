#include "base/random.h"

#include <string>

#include <doctest/doctest.h>

TEST_CASE("a random name has 16 hexadecimal digits, and is another each time") {
  const auto name = azl::random_hex();
  CHECK(name.size() == 16);
  CHECK(name.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(azl::random_hex() != name);
}
