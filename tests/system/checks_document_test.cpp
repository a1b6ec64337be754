// docs/checks.md has a section for each check, made from the table of checks.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "provision/image/check/checks.h"

namespace azl::provision {
namespace {

constexpr const char* kDocument = "docs/checks.md";
const std::string kBegin = "<!-- begin: made by the program -->\n";
const std::string kEnd = "<!-- end -->\n";

std::string read_document() {
  const std::ifstream file(kDocument);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A text with its placeholders, and a line break after at most 120 characters.
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
  auto document = read_document();
  const auto begin = document.find(kBegin);
  const auto end = document.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const auto start = begin + kBegin.size();
  const auto sections = make_sections();
  if (std::getenv("AZL_WRITE_DOCUMENTS") != nullptr) {
    document.replace(start, end - start, sections);
    std::ofstream(kDocument) << document;
    return;
  }
  CHECK(document.substr(start, end - start) == sections);
}

}  // namespace
}  // namespace azl::provision
