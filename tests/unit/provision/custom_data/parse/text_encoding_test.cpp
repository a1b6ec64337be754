#include "provision/custom_data/parse/text_encoding.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision::custom_data;
using namespace std::string_view_literals;

TEST_CASE("a byte-order mark and white space at the start are skipped") {
  CHECK(skip_byte_order_mark("\xEF\xBB\xBF#!") == "#!");
  CHECK(skip_byte_order_mark(" #!") == " #!");
  CHECK(skip_leading_space("\xEF\xBB\xBF \r\n\t\v\f#! \n") == "#! \n");
  CHECK(skip_leading_space(" \n").empty());
  CHECK(skip_leading_space("").empty());
}

TEST_CASE("UTF-16 is recognised by its byte-order mark, or by two ASCII characters") {
  for (const auto text : {"\xFF\xFE#\0"sv, "\xFE\xFF\0#"sv, "#\0c\0"sv, "\0#\0c"sv, "\n\0#\0"sv}) {
    CAPTURE(std::string(text));
    CHECK(is_utf16(text));
  }
  for (const auto text : {"#c"sv, "#\0"sv, "#\0c"sv, "#\0cc"sv, "\0\0\0\0"sv, "\1\0\2\0"sv, ""sv}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(is_utf16(text));
  }
}

TEST_CASE("the first byte that is not UTF-8 is found") {
  CHECK(find_invalid_utf8("") == std::string_view::npos);
  CHECK(find_invalid_utf8("a\xC3\xA4\xE2\x82\xAC\n") == std::string_view::npos);
  CHECK(find_invalid_utf8("\xE4") == 0);
  CHECK(find_invalid_utf8("ab\xC3\xA4\xE4") == 4);
  CHECK(find_invalid_utf8("ab\xC3") == 2);
}
