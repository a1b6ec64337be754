// Expected values are those of YAML 1.1's types (https://yaml.org/type/) as PyYAML's safe loader
// implements them.
#include "provision/custom_data/parse/yaml_scalar.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include <doctest/doctest.h>

using azl::provision::custom_data::parse_yaml_bool;
using azl::provision::custom_data::parse_yaml_float;
using azl::provision::custom_data::parse_yaml_int;
using azl::provision::custom_data::PlainScalar;
using azl::provision::custom_data::resolve_plain_scalar;
using Kind = PlainScalar::Kind;

TEST_CASE("a plain scalar is null or a boolean in three spellings of case each") {
  for (const std::string_view text : {"", "~", "null", "Null", "NULL"}) {
    CAPTURE(text);
    CHECK(resolve_plain_scalar(text).kind == Kind::kNull);
  }
  for (const std::string_view text :
       {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    CAPTURE(text);
    CHECK(resolve_plain_scalar(text).kind == Kind::kBool);
    CHECK(resolve_plain_scalar(text).boolean);
  }
  for (const std::string_view text :
       {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}) {
    CAPTURE(text);
    CHECK(resolve_plain_scalar(text).kind == Kind::kBool);
    CHECK_FALSE(resolve_plain_scalar(text).boolean);
  }
}

TEST_CASE("a plain scalar is an integer in five forms") {
  struct Case {
    std::string_view text;
    std::int64_t value;
  };
  constexpr Case kCases[] = {
      {"0", 0},
      {"-0", 0},
      {"+12", 12},
      {"1_000", 1000},
      {"1_", 1},
      {"0644", 0644},
      {"00", 0},
      {"0_7", 7},
      {"-017", -15},
      {"0x1F", 31},
      {"-0xf_f", -255},
      {"0b101", 5},
      {"-0b1_1", -3},
      {"190:20:30", 685230},
      {"1:30", 90},
      {"-1:30", -90},
      {"1_000:59", 60059},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.text);
    const auto scalar = resolve_plain_scalar(test.text);
    CHECK(scalar.kind == Kind::kInt);
    CHECK(scalar.integer == test.value);
  }
}

TEST_CASE("a plain scalar is a float only with a dot") {
  struct Case {
    std::string_view text;
    double value;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr Case kCases[] = {
      {"1.5", 1.5},
      {"1.", 1},
      {".5", .5},
      {"-1.25", -1.25},
      {"+0.5", .5},
      {"08.5", 8.5},
      {"1_0.5_0", 10.5},
      {"1.0e+3", 1000},
      {"1.0E-3", .001},
      {".5e+1", 5},
      {"190:20:30.15", 685230.15},
      {"-0:30.5", -30.5},
      {".inf", kInfinity},
      {"-.INF", -kInfinity},
      {"+.Inf", kInfinity},
      {"1.0e+999", kInfinity},
      {"-1.0e+999", -kInfinity},
      {"1.0e-999", 0},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.text);
    const auto scalar = resolve_plain_scalar(test.text);
    CHECK(scalar.kind == Kind::kFloat);
    CHECK(scalar.number == test.value);
  }
  for (const std::string_view text : {".nan", ".NaN", ".NAN"}) {
    CAPTURE(text);
    CHECK(resolve_plain_scalar(text).kind == Kind::kFloat);
    CHECK(std::isnan(resolve_plain_scalar(text).number));
  }
}

TEST_CASE("any other plain scalar is text") {
  for (const std::string_view text :
       {// booleans and nulls of YAML 1.1's documents that PyYAML does not know, and other case
        "y", "n", "Y", "N", "yEs", "nULL", "none", "truE",
        // numbers of YAML 1.2, and without the parts that YAML 1.1 wants
        "0o14", "1e3", "1.0e3", "12e03", "-.5", "+.5", ".", "-", "+", ".e+1", "1.5.2", "._1",
        "1.0e+", ".infinity", "-.nan", "nan", "inf",
        // not octal, not of the base, not sexagesimal
        "08", "0b", "0b2", "0x", "0xg", "0X1F", "0B1", "0:30", "01:30", "1:60", "1:", ":30",
        "1:30:", "1:300", "1:2a", "190:20:30.5e+1", "_1", "--1", "1-",
        // PyYAML fails for these
        "0b_", "0x_",
        // beyond 64 bits
        "9223372036854775808", "-9223372036854775809", "0xffffffffffffffffff",
        "9223372036854775807:00",
        // dates
        "2026-11-29", "2026-11-29 12:30:00", "2026-11-29T12:30:00Z", "12:30:00Z", " 1", "1 ",
        "="}) {
    CAPTURE(text);
    CHECK(resolve_plain_scalar(text).kind == Kind::kText);
  }
}

TEST_CASE("a date is known, and what PyYAML fails for") {
  // PyYAML's expression for timestamps; datetime refuses dates that there are not.
  struct Case {
    std::string_view text;
    bool date;
    bool refused;
  };
  constexpr Case kCases[] = {
      {"2024-01-01", true, false},
      {"2024-1-1", false, false},
      {"2024-1-1 1:00:00", true, false},
      {"2024-01-01T10:00:00.5Z", true, false},
      {"2024-01-01t10:00:00 +01:00", true, false},
      {"2024-01-01 10:00", false, false},
      {"2024-01-01 10:00:00x", false, false},
      {"24-01-01", false, false},
      {"2024-01-011", false, false},
      {"2024-02-30", true, true},
      {"2024-13-01", true, true},
      {"0000-01-01", true, true},
      {"2024-01-01 10:70:00", true, true},
      {"2024-01-01T10:00:00+99:00", true, true},
      {"=", false, true},
      {"<<", false, true},
      {"0b_", false, true},
      {"-0x__", false, true},
      {"9223372036854775808", false, false},
      {"0xffffffffffffffffff", false, false},
      {"==", false, false},
  };
  for (const auto& test : kCases) {
    CAPTURE(test.text);
    const auto scalar = resolve_plain_scalar(test.text);
    CHECK(scalar.kind == Kind::kText);
    CHECK(scalar.date == test.date);
    CHECK(scalar.refused == test.refused);
  }
}

TEST_CASE("a tag accepts forms that a plain scalar does not have") {
  CHECK(parse_yaml_int("1:90") == 150);
  CHECK(parse_yaml_float("1e3") == 1000);
  CHECK(parse_yaml_float("7") == 7);
  CHECK(parse_yaml_float("1:30") == 90);
  CHECK(parse_yaml_bool("yEs") == true);
  CHECK(parse_yaml_bool("OfF") == false);
}

TEST_CASE("a tag refuses other text") {
  for (const std::string_view text : {"", "-", "a", "1.5", "1 ", "0xg", "1::2", "08", "0:30"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_yaml_int(text));
  }
  for (const std::string_view text : {"", "+", "a", "nan", "inf", "0x10", "1.5 ", "1:", "e3"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_yaml_float(text));
  }
  for (const std::string_view text : {"", "y", "1", "truee"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_yaml_bool(text));
  }
}
