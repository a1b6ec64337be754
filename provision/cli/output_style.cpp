#include "provision/cli/output_style.h"

#include <algorithm>
#include <clocale>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr int kWidth = 80;  // of a terminal that does not tell
constexpr int kRows = 24;

/// Returns a variable of the environment; empty if it is not set.
std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool is_locale_utf8() {
  if (std::setlocale(LC_CTYPE, "") != nullptr)
    return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  // The locale is not installed, as in small images. Its name tells the character set.
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto locale = lower(variable(name));
    if (!locale.empty()) return locale.ends_with("utf-8") || locale.ends_with("utf8");
  }
  return false;
}

/// Returns the number of columns that a line takes on a terminal.
std::size_t count_columns(std::string_view line) {
  std::size_t columns = 0;
  while (!line.empty()) {
    if (line.starts_with("\x1b[")) {  // a colour, up to its 'm'
      line.remove_prefix(std::min(line.find('m'), line.size() - 1) + 1);
      continue;
    }
    line.remove_prefix(std::max<std::size_t>(utf8_length(line), 1));
    ++columns;
  }
  return columns;
}

}  // namespace

Terminal look_at_terminal() {
  Terminal terminal;
  terminal.present = ::isatty(STDOUT_FILENO) != 0;
  // A service whose output is a terminal does not control it, and a background job would be
  // stopped.
  terminal.foreground = terminal.present && ::tcgetpgrp(STDOUT_FILENO) == ::getpgrp();
  winsize size{};
  if (terminal.present && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
  }
  const auto name = variable("TERM");
  terminal.dumb = name.empty() || name == "dumb";
  terminal.no_color = !variable("NO_COLOR").empty();
  terminal.utf8 = is_locale_utf8();
  return terminal;
}

OutputStyle decide_style(const OutputOptions& options, const Terminal& terminal, bool to_file) {
  const bool on_terminal = terminal.present && !to_file;
  const bool colour = options.color == "always" || (options.color == "auto" && on_terminal &&
                                                    !terminal.dumb && !terminal.no_color);
  const int terminal_width = on_terminal && terminal.columns > 0 ? terminal.columns : kWidth;
  return {.text = {.width = options.width > 0 ? options.width : terminal_width,
                   .colour = colour,
                   .ascii = !terminal.utf8},
          .on_terminal = on_terminal,
          .paged = on_terminal && terminal.foreground && !terminal.dumb && !options.no_pager,
          .rows = terminal.rows > 0 ? terminal.rows : kRows};
}

bool fits_on_screen(const std::string& text, int columns, int rows) {
  const auto width = static_cast<std::size_t>(std::max(columns, 1));
  const auto room = static_cast<std::size_t>(std::max(rows - 1, 0));
  std::size_t used = 0;
  std::string_view rest = text;
  while (!rest.empty() && used <= room) {
    const auto end = std::min(rest.find('\n'), rest.size());
    used += std::max<std::size_t>((count_columns(rest.substr(0, end)) + width - 1) / width, 1);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return used <= room;
}

}  // namespace azl::provision
