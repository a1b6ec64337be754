#include "provision/cli/output_style.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;

namespace {

/// A terminal of 100 columns and 30 rows.
Terminal terminal() { return {.present = true, .foreground = true, .columns = 100, .rows = 30}; }

}  // namespace

TEST_CASE("colour depends on --color, and under auto on the terminal and the environment") {
  struct Row {
    std::string what;
    Terminal terminal;
    bool to_file = false;
    bool automatic = false;  ///< whether there is colour under auto
  };
  auto dumb = terminal();
  dumb.dumb = true;
  auto no_color = terminal();
  no_color.no_color = true;
  auto background = terminal();
  background.foreground = false;
  for (const auto& row : std::vector<Row>{
           {"a terminal", terminal(), false, true},
           {"a terminal in the background", background, false, true},
           {"a file that the command line names", terminal(), true, false},
           {"a pipe", {}, false, false},
           {"TERM=dumb", dumb, false, false},
           {"NO_COLOR", no_color, false, false},
       }) {
    CAPTURE(row.what);
    CHECK(decide_style({.color = "auto"}, row.terminal, row.to_file).text.colour == row.automatic);
    CHECK(decide_style({.color = "always"}, row.terminal, row.to_file).text.colour);
    CHECK_FALSE(decide_style({.color = "never"}, row.terminal, row.to_file).text.colour);
  }
}

TEST_CASE("a pager is used only on a terminal that this process controls and that is not dumb") {
  CHECK(decide_style({}, terminal()).paged);
  CHECK(decide_style({.color = "never"}, terminal()).paged);
  CHECK_FALSE(decide_style({.no_pager = true}, terminal()).paged);
  CHECK_FALSE(decide_style({}, terminal(), true).paged);
  CHECK_FALSE(decide_style({}, {}).paged);
  auto other = terminal();
  other.foreground = false;
  CHECK_FALSE(decide_style({}, other).paged);
  other = terminal();
  other.dumb = true;
  CHECK_FALSE(decide_style({}, other).paged);
}

TEST_CASE("the width is the one that was asked for, else the terminal's, else 80") {
  CHECK(decide_style({.width = 60}, terminal()).text.width == 60);
  CHECK(decide_style({.width = 60}, {}).text.width == 60);
  CHECK(decide_style({}, terminal()).text.width == 100);
  CHECK(decide_style({}, terminal(), true).text.width == 80);
  CHECK(decide_style({}, {}).text.width == 80);
  CHECK(decide_style({}, terminal()).rows == 30);
  CHECK(decide_style({}, terminal()).on_terminal);
  CHECK_FALSE(decide_style({}, terminal(), true).on_terminal);
  const Terminal serial = {.present = true, .foreground = true};  // does not tell its size
  CHECK(decide_style({}, serial).text.width == 80);
  CHECK(decide_style({}, serial).rows == 24);
}

TEST_CASE("text is ASCII if the locale is not UTF-8") {
  CHECK_FALSE(decide_style({}, {.utf8 = true}).text.ascii);
  CHECK(decide_style({}, {.utf8 = false}).text.ascii);
}

TEST_CASE("a text fits on a screen if one line is left for the prompt") {
  CHECK(fits_on_screen("", 80, 24));
  CHECK(fits_on_screen("a\nb\n", 80, 3));
  CHECK_FALSE(fits_on_screen("a\nb\nc\n", 80, 3));
  CHECK(fits_on_screen("\n\n", 80, 3));
  CHECK_FALSE(fits_on_screen("\n\n\n", 80, 3));
  // Long lines take several rows of the screen.
  CHECK(fits_on_screen(std::string(80, 'x') + "\n", 40, 3));
  CHECK_FALSE(fits_on_screen(std::string(81, 'x') + "\n", 40, 3));
  // Colours take no room, and a character of two bytes takes one column.
  CHECK(fits_on_screen("\x1b[1;32m" + std::string(40, 'x') + "\x1b[0m\n", 40, 2));
  CHECK(fits_on_screen("\xC3\xAB" + std::string(39, 'x') + "\n", 40, 2));
  CHECK_FALSE(fits_on_screen("\x1b[", 1, 1));  // a colour that does not end
  CHECK_FALSE(fits_on_screen("a\n", 0, 0));
}
