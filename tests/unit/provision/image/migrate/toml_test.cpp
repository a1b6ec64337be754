#include "provision/image/migrate/toml.h"

#include <doctest/doctest.h>

using namespace azl::provision;
using Settings = std::vector<TomlSetting>;

TEST_CASE("the settings of a TOML document have their tables in their names") {
  struct Row {
    const char* text;
    Settings settings;
    std::vector<int> unread;
  };
  for (const auto& [text, settings, unread] : {
           Row{"", {}, {}},
           Row{"# [a]\n\n", {}, {}},
           Row{"a = 1", {{"a", "1", 1}}, {}},
           Row{"[ssh]\nx = true # yes\ny='a\\'\n", {{"ssh.x", "true", 2}, {"ssh.y", "a\\", 3}}, {}},
           Row{"[a.\"b c\"]\n\"d\".e = \"x # \\\" y\"\n", {{"a.b c.d.e", "x # \" y", 2}}, {}},
           Row{"a = [\"x\", \"]\"]\nb = 2", {{"a", R"(["x", "]"])", 1}, {"b", "2", 2}}, {}},
           Row{"a = [ # c\n 1,\n]\nb = 2\n", {{"a", "[ # c 1, ]", 1}, {"b", "2", 4}}, {}},
           Row{"a = \"x\nb = 1.5\r\n", {{"b", "1.5", 2}}, {1}},
           Row{"a = \"\"\"x\nb", {}, {1, 2}},
           Row{"[a\n[b] c\n= 1\nd\ne =\nf = {x = 1}\n", {}, {1, 2, 3, 4, 5, 6}},
           Row{"a = [1\n", {}, {1}},
           Row{"a = ]\n", {{"a", "]", 1}}, {}},
           Row{R"(a = "\u0041")", {}, {1}},
       }) {
    CAPTURE(text);
    const auto found = parse_toml(text);
    CHECK(found.settings == settings);
    CHECK(found.unread == unread);
  }
}
