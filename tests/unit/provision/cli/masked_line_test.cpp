#include "provision/cli/masked_line.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace azl::provision {
namespace {

TEST_CASE("of a line, our own words and the quoted word at the place are shown") {
  struct {
    std::string_view line;
    int column;
    std::string_view sentence;
    std::string_view text;
    std::size_t caret;
  } const rows[] = {
      {"runcmd:", 1, "", "runcmd:", 0},
      {"  - path: /etc/hunter2", 5, "", "  - path: …", 4},
      {"  - path: /etc/hunter2", 11, "", "  - path: …", 10},
      {"    permissions: 644", 18, "", "    permissions: …", 17},
      {"    encoding: gz+b64", 15, "", "    encoding: gz+b64", 14},
      {"    append: true # hunter2", 13, "", "    append: true …", 12},
      {"password: hunter2", 1, "", "password: …", 0},
      {"hunter2: x", 1, "", "…", 0},
      {"run_cmd: [hunter2]", 1, "there is no key \"run_cmd\"", "run_cmd: …", 0},
      {"run_cmd: [hunter2]", 1, "there is no key 'run_cmd'", "run_cmd: …", 0},
      {"run_cmd: [run_cmd]", 1, "there is no key 'run_cmd'", "run_cmd: …", 0},
      {"x: run_cmd", 1, "there is no key 'run_cmd'", "…", 0},
      {"sudo apt-get install hunter2", 6, "", "sudo apt-get …", 5},
      {"/usr/bin/apt-get install", 10, "", "…apt-get …", 1},
      {"TOKEN=hunter2 reboot", 15, "", "… reboot", 2},
      {"\t- hunter2", 2, "", " - …", 1},
      {"- - hunter2 a b c", 5, "", "- - …", 4},
      {"  - [a, b]", 8, "", "  - …", 4},
      {"\xC3\xA4\xC3\xA4 reboot", 6, "", "… reboot", 2},
      {"-hunter2", 1, "", "…", 0},
      {"runcmd:  reboot", 10, "", "runcmd: reboot", 8},
      {"runcmd: x", 0, "", "runcmd: …", 0},
      {"   runcmd: x", 0, "", "   runcmd: …", 3},
      {"runcmd:", 40, "", "runcmd:", 7},
      {"", 1, "", "", 0},
      {"   ", 2, "", "   ", 1},
      {"runcmd:\r", 1, "", "runcmd:", 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    CAPTURE(row.column);
    const auto masked = mask_line(row.line, row.column, row.sentence, "…");
    CHECK(masked.text == row.text);
    CHECK(masked.caret == row.caret);
  }
}

TEST_CASE("the ellipsis takes as many columns as it has letters") {
  const auto masked = mask_line("x reboot", 3, "", "...");
  CHECK(masked.text == "... reboot");
  CHECK(masked.caret == 4);
}

TEST_CASE("a long line is cut") {
  std::string line;
  for (int i = 0; i < 1000; ++i) line += "runcmd ";
  const auto masked = mask_line(line, 6000, "", "…");
  CHECK(masked.text.size() < 120);
  CHECK(masked.text.ends_with("…"));
  CHECK(masked.caret < 120);
}

TEST_CASE("of a very long line, the start and what follows the place are looked at") {
  std::string line;
  for (int i = 0; i < 100'000; ++i) line += "x ";
  const auto far = mask_line(line + "reboot " + line + "runcmd", 200'001, "", "…");
  CHECK(far.text == "… reboot …");
  CHECK(far.caret == 2);
  const auto near = mask_line("runcmd: " + line + "reboot", 1, "", "…");
  CHECK(near.text == "runcmd: …");
  CHECK(near.caret == 0);
  CHECK(mask_line("runcmd: " + line + "reboot", 0, "", "…").text == "runcmd: …");
}

}  // namespace
}  // namespace azl::provision
