#include "base/reason.h"

#include <set>

#include <doctest/doctest.h>

using azl::Reason;

TEST_CASE("the table of reasons is in the order of the enumeration") {
  const auto rows = azl::reasons();
  REQUIRE(rows.size() == static_cast<std::size_t>(Reason::kState) + 1);
  for (std::size_t i = 0; i < rows.size(); ++i)
    CHECK(static_cast<std::size_t>(rows[i].reason) == i);
}

TEST_CASE("each reason has a unique name and is found by it") {
  std::set<std::string_view> names;
  for (const auto& [reason, name] : azl::reasons()) {
    CAPTURE(name);
    CHECK_FALSE(name.empty());
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
    CHECK(names.insert(name).second);
    CHECK(to_string(reason) == name);
    CHECK(azl::parse_reason(name) == reason);
  }
  CHECK(azl::parse_reason("") == std::nullopt);
  CHECK(azl::parse_reason("imds") == std::nullopt);
}
