#include "base/match.h"

#include <string>
#include <variant>

#include <doctest/doctest.h>

TEST_CASE("match calls the function for the held type") {
  using Value = std::variant<int, std::string>;
  const auto size_of = [](const Value& value) {
    return azl::match(
        value, [](int number) { return static_cast<std::size_t>(number); },
        [](const std::string& text) { return text.size(); });
  };
  CHECK(size_of(7) == 7);
  CHECK(size_of("four") == 4);
}

TEST_CASE("the held value can be changed") {
  std::variant<int, std::string> value = 1;
  azl::match(value, [](int& number) { ++number; }, [](std::string& text) { text += "x"; });
  CHECK(std::get<int>(value) == 2);
}
