// docs/checks.md has a section for each check, made from the table of checks.
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "provision/image/check/checks.h"
#include "tests/system/written_part.h"

namespace azl::provision {
namespace {

/// Breaks a text into lines of at most 120 characters.
std::string wrapped(const std::string& text) {
  constexpr std::size_t kWidth = 120;
  std::istringstream words(text);
  std::string lines;
  std::size_t column = 0;
  for (std::string word; words >> word;) {
    const bool fits = column + 1 + word.size() <= kWidth;
    if (column > 0) lines += fits ? " " : "\n";
    column = (column > 0 && fits ? column + 1 : 0) + word.size();
    lines += word;
  }
  return lines + "\n";
}

/// Angle brackets and asterisks outside of `code` would be markup.
std::string escaped(const std::string& text) {
  std::string result;
  bool code = false;
  for (const char c : text) {
    if (c == '`') code = !code;
    if (!code && (c == '*' || c == '<' || c == '>' || c == '[')) result += '\\';
    result += c;
  }
  return result;
}

std::string make_sections() {
  std::string text = "| code | severity | --fix | what is wrong |\n|---|---|---|---|\n";
  for (const auto& info : checks())
    text += "| [" + std::string(info.code) + "](#" + std::string(info.code) + ") | " +
            std::string(to_string(info.severity)) + " | " + (info.fix.empty() ? "" : "yes") +
            " | " + escaped(std::string(info.title)) + " |\n";
  for (const auto& info : checks()) {
    text += "\n## " + std::string(info.code) + "\n";
    text += wrapped("**" + std::string(to_string(info.severity)) + ": " +
                    escaped(std::string(info.title)) + ".** " + escaped(std::string(info.why)));
    text += "\n" +
            wrapped("What to do: " + escaped(describe_remedy({.check = info.check}, "DIR")) + ".");
    if (!info.fix.empty()) text += "\n`--fix` " + std::string(info.fix) + ".\n";
  }
  return text;
}

TEST_CASE("docs/checks.md has a section for each check of images") {
  test::check_written_part("docs/checks.md", make_sections());
}

}  // namespace
}  // namespace azl::provision
