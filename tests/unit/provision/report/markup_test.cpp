#include "provision/report/markup.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {
namespace {

TEST_CASE("no text can become markup") {
  struct Row {
    std::string text;
    std::string markup;
  };
  const std::vector<Row> rows = {
      {"", ""},
      {"a plain text, 5 ms", "a plain text, 5 ms"},
      {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
      {R"(" onload="x' y)", "&quot; onload=&quot;x&#39; y"},
      {"a]]>b", "a]]&gt;b"},
      {"&lt; &amp", "&amp;lt; &amp;amp"},
      {"a\nb\tc\rd\1", R"(a\x0ab\x09c\x0dd\x01)"},
      // NOLINTNEXTLINE(misc-misleading-bidirectional): written as escapes
      {"\u202Eevil", R"(\xe2\x80\xaeevil)"},
      {"\xFF\xC3", R"(\xff\xc3)"},
      {"\uFFFF\uFFFE", "\uFFFD\uFFFD"},
      {"gr\u00FC\u00DF \U0001F600", "gr\u00FC\u00DF \U0001F600"},
      {"password=Hunter2", "password=[removed]"},
  };
  for (const auto& [text, markup] : rows) {
    CAPTURE(text);
    CHECK(to_markup(text) == markup);
  }
  CHECK(to_markup(std::string(9, '<'), 5) == "&lt;&lt;…");
}

TEST_CASE("a text is cut to columns, and never in the middle of a character") {
  struct Row {
    std::string text;
    std::size_t columns;
    std::string cut;
  };
  const std::vector<Row> rows = {
      {"lease", 5, "lease"},
      {"leases", 5, "lea…"},
      {"\u00FC\u00FC", 4, "\u00FC\u00FC"},
      {"\u00FC\u00FC\u00FC", 4, "\u00FC…"},
      {"a\nb", 6, R"(a\x0ab)"},
      {"password=Hunter2", 30, "password=[removed]"},
  };
  for (const auto& [text, columns, cut] : rows) {
    CAPTURE(text);
    CHECK(cut_columns(text, columns) == cut);
    CHECK(count_columns(cut_columns(text, columns)) <= columns);
  }
}

}  // namespace
}  // namespace azl::provision
