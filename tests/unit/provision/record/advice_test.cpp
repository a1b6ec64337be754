#include "provision/record/advice.h"

#include <set>

#include <doctest/doctest.h>

using azl::provision::advice_for;

TEST_CASE("each reason has its own advice and message id") {
  std::set<std::string_view> ids;
  for (const auto& [reason, name] : azl::reasons()) {
    CAPTURE(name);
    const auto& advice = advice_for(reason);
    CHECK(advice.reason == reason);
    CHECK(advice.text.size() > 20);
    CHECK_FALSE(advice.text.ends_with('.'));
    REQUIRE(advice.message_id.size() == 32);
    CHECK(advice.message_id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(advice.message_id[12] == '4');  // a random (version 4) UUID
    CHECK(ids.insert(advice.message_id).second);
  }
}
