#include "provision/cli/validation.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "provision/cli/validation_text.h"

namespace azl::provision {
namespace {

Validation validation_of(std::string_view bytes) {
  return validate("x", bytes, nlohmann::json::object(), false);
}

/// A message with these parts.
std::string message(std::initializer_list<std::string> parts) {
  std::string text = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n";
  for (const auto& part : parts) text += "--b\n" + part + "\n";
  return text + "--b--\n";
}

TEST_CASE("a part that stands in the file as it is has a line there, and a decoded one has none") {
  const auto text = std::string("#!/bin/sh\necho\n");
  const auto validation = validation_of(
      message({"Content-Type: text/x-shellscript\n\n" + text,
               // The same text, but this part is decoded.
               "Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n" +
                   base64_encode(text),
               "Content-Type: text/x-shellscript\n\n" + text}));
  REQUIRE(validation.parts.size() == 3);
  CHECK(validation.parts[0].first_line == 7);
  CHECK(!validation.parts[1].first_line);
  CHECK(validation.parts[2].first_line == 18);
  CHECK(!validation.parts[0].whole);
}

TEST_CASE("a file that is one part starts in line 1, also with a byte-order mark") {
  for (const std::string mark : {"", "\xEF\xBB\xBF"}) {
    const auto validation = validation_of(mark + "#cloud-config\nrun_cmd: []\n");
    REQUIRE(validation.parts.size() == 1);
    CHECK(validation.parts[0].first_line == 1);
    CHECK(validation.parts[0].whole);
  }
}

TEST_CASE("lines and characters are found in any order") {
  const auto validation = validation_of("#cloud-config\n\xC3\xA4\xC3\xA4: b\nx: y\n");
  LineFinder lines(validation);
  const auto place = [](int line, int column) {
    return custom_data::Place{.part = "part-001", .line = line, .column = column};
  };
  CHECK(lines.find(place(3, 1)) == "x: y");
  CHECK(lines.find(place(2, 1)) == "\xC3\xA4\xC3\xA4: b");
  CHECK(lines.find(place(4, 1)).empty());
  CHECK(lines.find(place(9, 1)).empty());
  CHECK(lines.find(place(0, 0)).empty());
  CHECK(lines.count_characters(place(2, 5)) == 3);
  CHECK(lines.count_characters(place(2, 3)) == 2);
  CHECK(lines.count_characters(place(2, 7)) == 5);
  CHECK(lines.count_characters(place(2, 99)) == 6);
  CHECK(lines.count_characters(place(3, 2)) == 2);
}

TEST_CASE("a long line with many mistakes is shown once, and a short one for each") {
  const auto shown = [](int keys) {
    std::string text = "#cloud-config\nwrite_files: [{path: /a";
    for (int i = 0; i < keys; ++i) text += ", k" + std::to_string(i) + ": x";
    const auto described = describe_validation(validation_of(text + "}]\n"), {});
    int count = 0;
    for (auto at = described.find("    2 |"); at != std::string::npos;
         at = described.find("    2 |", at + 1))
      ++count;
    return count;
  };
  CHECK(shown(3) == 3);
  CHECK(shown(500) == 1);
}

}  // namespace
}  // namespace azl::provision
