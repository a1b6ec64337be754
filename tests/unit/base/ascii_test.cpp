#include "base/ascii.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using azl::to_ascii;

TEST_CASE("text for a terminal without UTF-8 has only ASCII in it") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", ""},
      {"plain", "plain"},
      {"'ssh-rsa AAAA… comment'", "'ssh-rsa AAAA... comment'"},
      {"…", "..."},
      {"Zoë", "Zo\\xc3\\xab"},
      {"\xE2\x80", "\\xe2\\x80"},  // the beginning of "…"
      {"a\xff", "a\\xff"},
      {"\x1b[1m\n", "\x1b[1m\n"},  // control characters are for printable()
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(to_ascii(text) == expected);
  }
}
