// How a command prints: colour, width, character set and pager. All commands that print text for
// people decide it here.
#pragma once

#include <string>

#include "provision/report/style.h"

namespace azl::provision {

/// What the command line says about output.
struct OutputOptions {
  std::string color = "auto";  ///< "auto", "always" or "never"
  bool no_pager = false;
  int width = 0;  ///< columns; 0: the terminal's
};

/// What standard output is, and what the environment says about it.
struct Terminal {
  bool present = false;     ///< standard output is a terminal
  bool foreground = false;  ///< and this process may use it, so a pager would not hang
  int columns = 0;          ///< 0: unknown, as on a serial console
  int rows = 0;             ///< 0: unknown
  bool dumb = false;        ///< TERM=dumb, or no TERM
  bool no_color = false;    ///< NO_COLOR is set and not empty
  bool utf8 = true;         ///< the locale's character set
};
[[nodiscard]] Terminal look_at_terminal();

struct OutputStyle {
  TextStyle text = {};
  bool on_terminal = false;
  bool paged = false;  ///< text that is longer than the screen goes to a pager
  int rows = 24;       ///< of the screen
};
/// Decides how to print. `to_file`: the output goes to a file that the command line names. Pure.
[[nodiscard]] OutputStyle decide_style(const OutputOptions& options, const Terminal& terminal,
                                       bool to_file = false);

/// Whether a text fits on a screen, with one line left for the prompt. Colours take no columns.
[[nodiscard]] bool fits_on_screen(const std::string& text, int columns, int rows);

}  // namespace azl::provision
