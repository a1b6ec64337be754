#include "base/json.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

using azl::Reason;
using nlohmann::json;

namespace {

constexpr std::size_t kLimit = 16 << 20;

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string fault_of(std::string_view text, std::size_t limit = kLimit) {
  const auto parsed = azl::parse_json(text, limit, Reason::kState);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().reason() == Reason::kState);
  return parsed.error().to_string();
}

TEST_CASE("a document is parsed with all its values") {
  const auto parsed = azl::parse_json(
      R"( {"a": [1, -2, 2.5, "x\u00e4", true, null, {}], "b": {"c": []}, "a2": "[[{\"" } )", kLimit,
      Reason::kState);
  REQUIRE(parsed);
  CHECK(*parsed == json{{"a", {1, -2, 2.5, "xä", true, nullptr, json::object()}},
                        {"b", {{"c", json::array()}}},
                        {"a2", "[[{\""}});
  for (const auto* scalar : {"1", "\"a\"", "null", "true"}) {
    CAPTURE(scalar);
    CHECK(azl::parse_json(scalar, kLimit, Reason::kState) == json::parse(scalar));
  }
}

TEST_CASE("of two members with the same name, the last one counts") {
  const auto parsed = azl::parse_json(R"({"a": {"b": 1}, "a": [2]})", kLimit, Reason::kState);
  REQUIRE(parsed);
  CHECK(*parsed == json{{"a", {2}}});
}

TEST_CASE("invalid JSON is an error that gives the place and quotes nothing") {
  struct Row {
    std::string text;
    std::string fault;
  };
  for (const Row& row : {
           Row{"", "it is not JSON (line 1, column 1)"},
           Row{"secret", "it is not JSON (line 1, column 1)"},
           Row{"{\"a\": 1,\n \"b\": secret}", "it is not JSON (line 2, column 7)"},
           Row{"[1, 2", "it is not JSON (line 1, column 6)"},
           Row{"[]\n[]", "it is not JSON (line 2, column 1)"},
           Row{"[1] // a comment", "it is not JSON (line 1, column 5)"},
           Row{"[\"\xff\"]", "it is not JSON (line 1, column 3)"},
           Row{std::string("[\"\0\"]", 5), "it is not JSON (line 1, column 3)"},
           Row{"[1e999]", "it is not JSON (line 1, column 6)"},
       }) {
    CAPTURE(row.text);
    CHECK(fault_of(row.text) == row.fault);
  }
}

TEST_CASE("a text over the limit is an error, even if it is valid JSON") {
  CHECK(azl::parse_json("[1]", 3, Reason::kState));
  CHECK(fault_of("[1]", 2) == "it is longer than 2 bytes");
}

TEST_CASE("64 levels are parsed, and one more is an error that gives the place") {
  for (const auto* level : {"[", "{\"a\":"}) {
    CAPTURE(level);
    const std::string closing = *level == '[' ? "]" : "}";
    const auto nested = [&](std::size_t depth) {
      const auto innermost = *level == '[' ? "[" : "{";
      return repeat(level, depth - 1) + innermost + repeat(closing, depth);
    };
    CHECK(azl::parse_json(nested(64), kLimit, Reason::kState));
    CHECK(fault_of(nested(65)) == "it is nested deeper than 64 levels (line 1, column " +
                                      std::to_string(64 * std::string(level).size() + 1) + ")");
  }
  // Brackets in strings do not count as levels.
  CHECK(fault_of("[\"[[\\\"[[\",\n" + repeat("[", 64)) ==
        "it is nested deeper than 64 levels (line 2, column 64)");
}

TEST_CASE("half a million levels are an error, not a stack overflow") {
  for (const auto* level : {"[", "{\"a\":", "[{\"a\":"}) {
    CAPTURE(level);
    CHECK(fault_of(repeat(level, 500'000)).starts_with("it is nested deeper than 64 levels"));
  }
}

TEST_CASE("values beyond the caps are left out, and the document says so") {
  const auto read = [](std::string_view text) {
    auto document =
        azl::parse_json(text, kLimit, Reason::kState, {.keys = 2, .elements = 3, .values = 6});
    REQUIRE(document);
    return std::pair(document->value, document->shortened);
  };
  CHECK(read("[1, 2, 3]") == std::pair(json{1, 2, 3}, false));
  CHECK(read("[1, 2, 3, [4, {}], 5]") == std::pair(json{1, 2, 3}, true));
  CHECK(read(R"({"a": 1, "b": {"x": 1, "y": 2, "z": {"w": []}}, "c": 2})") ==
        std::pair(json{{"a", 1}, {"b", {{"x", 1}, {"y", 2}}}}, true));
  CHECK(read("[[1, 2], [3, 4], [5]]") == std::pair(json::parse("[[1, 2], [3, 4]]"), true));
}

TEST_CASE("the limit of levels also applies inside values that are left out") {
  const auto document = azl::parse_json("[1, " + repeat("[", 100'000), kLimit, Reason::kState,
                                        {.keys = 1, .elements = 1, .values = 1});
  REQUIRE_FALSE(document);
  CHECK(document.error().cause().starts_with("it is nested deeper than 64 levels"));
}

TEST_CASE("members are found by name, and null counts as absent") {
  const json object = {{"a", 1}, {"none", nullptr}};
  REQUIRE(azl::find_member(object, "a") != nullptr);
  CHECK(*azl::find_member(object, "a") == 1);
  CHECK(azl::find_member(object, "none") == nullptr);
  CHECK(azl::find_member(object, "b") == nullptr);
  CHECK(azl::find_member(json{1, 2}, "a") == nullptr);
  CHECK(azl::find_member(nlohmann::ordered_json(object), "a") != nullptr);
}

TEST_CASE("a member of another type counts as absent") {
  const json object = {{"text", "x"},
                       {"yes", true},
                       {"number", -3},
                       {"float", 1.5},
                       {"most", std::numeric_limits<std::int64_t>::max()},
                       {"more", std::numeric_limits<std::uint64_t>::max()}};
  CHECK(azl::text_member(object, "text") == "x");
  CHECK(azl::text_member(object, "number", "y") == "y");
  CHECK(azl::text_member(object, "absent").empty());
  CHECK(azl::bool_member(object, "yes"));
  CHECK_FALSE(azl::bool_member(object, "text"));
  CHECK(azl::bool_member(object, "absent", true));
  CHECK(azl::number_member(object, "number") == -3);
  CHECK(azl::number_member(object, "most") == std::numeric_limits<std::int64_t>::max());
  CHECK(azl::number_member(object, "more", 7) == 7);
  CHECK(azl::number_member(object, "float", 7) == 7);
  CHECK(azl::number_member(object, "absent") == 0);
}

}  // namespace
