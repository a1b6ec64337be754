#include "provision/custom_data/plan/script_commands.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

/// "name argument argument" of each command.
std::vector<std::string> commands_of(std::string_view script) {
  std::vector<std::string> list;
  for (const auto& command : find_script_commands(script)) {
    std::string text(command.name.text);
    for (const auto& argument : command.arguments) text += " " + std::string(argument.text);
    list.push_back(std::move(text));
  }
  return list;
}

using Strings = std::vector<std::string>;

TEST_CASE("commands are found with their arguments") {
  const std::pair<std::string_view, Strings> rows[] = {
      {"", {}},
      {"a", {"a"}},
      {"a b  c\nd", {"a b c", "d"}},
      {"a;b&&c||d|e&f", {"a", "b", "c", "d", "e", "f"}},
      {"a\r\nb\r\n", {"a", "b"}},
      {"# a\n  # b\nc # d", {"c"}},
      {"#!/bin/sh\na", {"a"}},
      {"a b#c", {"a b#c"}},
      {"/usr/bin/a b", {"a b"}},
      {"x=$(a b)", {"a b"}},
      {"(a)", {"a"}},
      {"x `a b`", {"x", "a b"}},
      {"if a; then b; else c; fi", {"a", "b", "c", "fi"}},
      {"while ! a; do b; done", {"a", "b", "done"}},
      {"sudo -E a b", {"a b"}},
      {"A=1 B_2=x a b", {"a b"}},
      {"env A=1 a", {"a"}},
      {"timeout 60 a", {"a"}},
      {"command -v a", {"command -v a"}},
      {"'a' 'b c' \"d;e\"", {"a b c d;e"}},
      {"echo 'a; b'", {"echo a; b"}},
      {"a x'y;z'w", {"a x'y;z'w"}},
      {"sh -c 'a; b c'", {"sh -c", "a", "b c"}},
      {"sudo bash -lc \"a\"; d", {"bash -lc", "a", "d"}},
      {"'a", {"a"}},
      {"a 'b", {"a b"}},
      {"a b'", {"a b'"}},
      {"'' a", {" a"}},
  };
  for (const auto& [script, expected] : rows) {
    CAPTURE(script);
    CHECK(commands_of(script) == expected);
  }
}

TEST_CASE("a here-document is no list of commands, unless a shell reads it") {
  const std::pair<std::string_view, Strings> rows[] = {
      {"cat <<EOF\na\nEOF\nb", {"cat", "b"}},
      {"cat >x <<'E F' y\na\nE F\nb", {"cat >x y", "b"}},
      {"cat<<\"EOF\" >x; y\na\nEOF\nb", {"cat >x", "y", "b"}},
      {"cat << \\EOF\r\na\r\nEOF\r\nb", {"cat", "b"}},
      {"cat <<-EOF\n\ta\n\tEOF\nb", {"cat", "b"}},
      {"cat <<EOF\n\ta\n\tEOF\nEOF\nb", {"cat", "b"}},
      {"cat <<A <<B\na\nA\nb\nB\nc", {"cat", "c"}},
      {"sudo bash <<EOF\na\nEOF", {"bash", "a", "EOF"}},
      {"cat <<EOF | sh -s\na\nEOF", {"cat", "sh -s", "a", "EOF"}},
      {"cat <<EOF\na", {"cat", "a"}},
      {"cat <<EOF\na\ncat <<B\nb\nB", {"cat", "a", "cat", "b", "B"}},
      {"cat <<<x\na", {"cat x", "a"}},
      {"x $((1<<2))\na", {"x", "1", "a"}},
      {"# cat <<EOF\na\nEOF", {"a", "EOF"}},
      {"echo '<<EOF'\na\nEOF", {"echo <<EOF", "a", "EOF"}},
  };
  for (const auto& [script, expected] : rows) {
    CAPTURE(script);
    CHECK(commands_of(script) == expected);
  }
  CHECK(find_script_commands("cat <<E\na\nE\nb").at(1).name.line == 4);
}

TEST_CASE("a word's place counts lines and bytes, without quotes and folders") {
  const auto commands = find_script_commands("\n  x; sudo '/bin/a' b\nsh -c 'c d'");
  REQUIRE(commands.size() == 4);
  CHECK(commands[0].name.line == 2);
  CHECK(commands[0].name.column == 3);
  CHECK(commands[1].name.text == "a");
  CHECK(commands[1].name.column == 17);
  CHECK(commands[1].arguments.at(0).column == 20);
  CHECK(commands[3].name.text == "c");
  CHECK(commands[3].name.line == 3);
  CHECK(commands[3].name.column == 8);
}

TEST_CASE("quotes inside of quotes are read") {
  CHECK(commands_of("sh -c 'sh -c \"a b\"'") == Strings{"sh -c", "sh -c", "a b"});
  CHECK(commands_of("sh -c sh -c sh -c x") == Strings{"sh -c", "sh -c", "sh -c", "x"});
}

}  // namespace
}  // namespace azl::provision::custom_data
