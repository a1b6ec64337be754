#include "base/text.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using azl::base64_decode;
using azl::base64_encode;
using azl::cut_utf8;
using azl::parse_boolean;
using azl::printable;
using azl::unescape_octal;
using Parts = std::vector<std::string_view>;

TEST_CASE("trim removes white space at both ends only") {
  CHECK(azl::trim(" \t\r\n\v\fa b \n") == "a b");
  CHECK(azl::trim("a") == "a");
  CHECK(azl::trim(" \n").empty());
  CHECK(azl::trim("").empty());
}

TEST_CASE("lower changes ASCII letters only") { CHECK(azl::lower("AzZ09_Ä") == "azz09_Ä"); }

TEST_CASE("split_lines keeps empty lines, and needs no line break at the end") {
  using Lines = std::vector<std::string_view>;
  CHECK(azl::split_lines("") == Lines{});
  CHECK(azl::split_lines("a") == Lines{"a"});
  CHECK(azl::split_lines("a\n\nb\n") == Lines{"a", "", "b"});
  CHECK(azl::split_lines("\n\n") == Lines{"", ""});
}

TEST_CASE("split omits empty parts") {
  CHECK(azl::split("a,b", ',') == Parts{"a", "b"});
  CHECK(azl::split(",,a,,b,", ',') == Parts{"a", "b"});
  CHECK(azl::split("ab", ',') == Parts{"ab"});
  CHECK(azl::split(",", ',').empty());
  CHECK(azl::split("", ',').empty());
}

TEST_CASE("join puts the separator between parts") {
  CHECK(azl::join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(azl::join({"a"}, ", ") == "a");
  CHECK(azl::join({}, ", ").empty());
}

TEST_CASE("base64 encodes and decodes RFC 4648's test vectors") {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CAPTURE(encoded);
    CHECK(base64_encode(plain) == encoded);
    CHECK(base64_decode(encoded) == plain);
  }
}

TEST_CASE("base64 encodes every byte") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(base64_decode(base64_encode(all)) == all);
  CHECK(base64_encode("\xfb\xff") == "+/8=");
}

TEST_CASE("white space inside base64 is skipped") {
  CHECK(base64_decode(" Zm9v\r\nYg\t= =\n") == "foob");
}

TEST_CASE("malformed base64 is refused") {
  for (const std::string_view bad :
       {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Zm9vY", "Zm9=v", "Zg==Zg==", "Zm-v", "Zm_v",
        "Zh==",  // trailing bits of the last digit are not zero
        "Zm9=", "Zm9v\x80"}) {
    CAPTURE(bad);
    CHECK_FALSE(base64_decode(bad).has_value());
  }
  CHECK_FALSE(base64_decode(std::string_view("Zm9\0", 4)).has_value());
}

TEST_CASE("text is cut between UTF-8 characters") {
  CHECK(cut_utf8("abc", 3) == "abc");
  CHECK(cut_utf8("abc", 2) == "ab");
  CHECK(cut_utf8("abc", 0).empty());
  CHECK(cut_utf8("aäb", 2) == "a");
  CHECK(cut_utf8("aäb", 3) == "aä");
  CHECK(cut_utf8("€uro", 2).empty());
  CHECK(cut_utf8("😀x", 4) == "😀");
  CHECK(cut_utf8("😀x", 3).empty());
}

TEST_CASE("each invalid byte is cut as one character") {
  CHECK(cut_utf8("\xff\xff\xff", 2) == "\xff\xff");
  CHECK(cut_utf8("\xe2\x82", 1) == "\xe2");  // ends in the middle of a character
}

TEST_CASE("utf8_length gives the length of a valid character only") {
  CHECK(azl::utf8_length("a") == 1);
  CHECK(azl::utf8_length("äb") == 2);
  CHECK(azl::utf8_length("…") == 3);
  CHECK(azl::utf8_length("\xf0\x9f\x98\x80") == 4);
  CHECK(azl::utf8_length("") == 0);
  CHECK(azl::utf8_length("\xff") == 0);
  CHECK(azl::utf8_length("\xe2\x82") == 0);      // incomplete
  CHECK(azl::utf8_length("\xed\xa0\x80") == 0);  // a surrogate
}

TEST_CASE("misleading characters are escaped") {
  CHECK(printable("web-1 äß€😀") == "web-1 äß€😀");
  CHECK(printable("a\nb\t\x1b[31m\x7f") == "a\\x0ab\\x09\\x1b[31m\\x7f");
  CHECK(printable("it's \"q\"") == "it\\x27s \\x22q\\x22");
  CHECK(printable("it's \"q\"", 80, azl::Quotes::kKept) == "it's \"q\"");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");  // CSI, a C1 control character
  // NOLINTBEGIN(misc-misleading-bidirectional): written as escapes
  CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");  // right-to-left override
  CHECK(printable("\xe2\x81\xa6") == "\\xe2\\x81\\xa6");  // left-to-right isolate
  CHECK(printable("\xe2\x80\x8e") == "\\xe2\\x80\\x8e");  // left-to-right mark
  CHECK(printable("\xe2\x80\x8f") == "\\xe2\\x80\\x8f");  // right-to-left mark
  CHECK(printable("\xd8\x9c") == "\\xd8\\x9c");           // Arabic letter mark
  // NOLINTEND(misc-misleading-bidirectional)
}

TEST_CASE("a line for a terminal keeps quotes and is cut") {
  CHECK(azl::printable_line("it's \"q\"\x1b[2J") == "it's \"q\"\\x1b[2J");
  CHECK(azl::printable_line(std::string(10'000, 'x')).size() == 8192);
}

TEST_CASE("JSON for a terminal has no control characters, and says the same") {
  const std::string plain = "{\n \"a\": \"\\u0007 \xc3\xa4 \xe2\x82\xac \\n\"\n}";
  CHECK(azl::printable_json(plain) == plain);
  // NOLINTBEGIN(misc-misleading-bidirectional): written as escapes
  CHECK(azl::printable_json("\"\x7f \xc2\x9b \xd8\x9c \xe2\x80\xae \xe2\x81\xa9 \xe2\x80\x8f\"") ==
        "\"\\u007f \\u009b \\u061c \\u202e \\u2069 \\u200f\"");
  // NOLINTEND(misc-misleading-bidirectional)
}

TEST_CASE("invalid UTF-8 is escaped") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong /
  CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // overlong /
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(printable("\xf5\x80\x80\x80") == "\\xf5\\x80\\x80\\x80");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");  // incomplete
  CHECK(printable("\xc3(") == "\\xc3(");
}

TEST_CASE("a long text is cut to the limit, including the ellipsis") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdefg", 6) == "abc…");
  CHECK(printable("ab\n\n", 6) == "ab…");  // never within an escape
  CHECK(printable("ää", 3) == "…");
  CHECK(printable("abc", 2).empty());
  CHECK(printable(std::string(100, 'x')).size() == 80);
}

TEST_CASE("only complete octal escapes are replaced") {
  CHECK(unescape_octal("/mnt/my\\040disk") == "/mnt/my disk");
  CHECK(unescape_octal("a\\011b\\012c\\134d\\043") == "a\tb\nc\\d#");
  CHECK(unescape_octal("\\04") == "\\04");
  CHECK(unescape_octal("\\0") == "\\0");
  CHECK(unescape_octal("\\080") == "\\080");
  CHECK(unescape_octal("\\") == "\\");
  CHECK(unescape_octal("").empty());
}

TEST_CASE("booleans have the spellings that systemd accepts") {
  for (const std::string_view word : {"1", "yes", "y", "true", "t", "on", "YES", "True"}) {
    CAPTURE(word);
    CHECK(parse_boolean(word) == true);
  }
  for (const std::string_view word : {"0", "no", "n", "false", "f", "off", "OFF"}) {
    CAPTURE(word);
    CHECK(parse_boolean(word) == false);
  }
  for (const std::string_view word : {"", "2", "ja", " yes", "enabled", "tru"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_boolean(word).has_value());
  }
}
