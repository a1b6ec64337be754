// The part of a document that the program writes, between two comments.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

namespace azl::test {

/// Checks that a document has this text between its comments. If AZL_WRITE_DOCUMENTS is set, writes
/// it there instead. Tests run in the repository's root.
inline void check_written_part(const std::string& path, const std::string& expected) {
  const std::string begin = "<!-- begin: made by the program -->\n";
  std::ostringstream text;
  {
    const std::ifstream file(path);
    REQUIRE_MESSAGE(file, "cannot read ", path);
    text << file.rdbuf();
  }
  auto document = text.str();
  const auto start = document.find(begin);
  const auto end = document.find("<!-- end -->\n");
  REQUIRE(start != std::string::npos);
  REQUIRE(end != std::string::npos);
  const auto from = start + begin.size();
  if (std::getenv("AZL_WRITE_DOCUMENTS") != nullptr) {
    document.replace(from, end - from, expected);
    std::ofstream(path) << document;
    return;
  }
  CHECK(document.substr(from, end - from) == expected);
}

}  // namespace azl::test
