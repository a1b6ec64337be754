#include "provision/custom_data/plan/file_access.h"

#include <string>

#include <doctest/doctest.h>

#include "provision/custom_data/parse/yaml_tree.h"

namespace azl::provision::custom_data {
namespace {

/// The value as it stands after "permissions: ".
FileMode read_mode(const std::string& value) {
  const auto document = parse_yaml(value);
  REQUIRE(document);
  return read_file_mode(document->root);
}

TEST_CASE("an owner is a user, a group or both") {
  struct {
    std::string_view text;
    std::string_view user;
    std::string_view group;
  } const rows[] = {
      {"root:root", "root", "root"},
      {"bob", "bob", "root"},
      {"bob:", "bob", "root"},
      {":adm", "root", "adm"},
      {" bob : adm ", "bob", "adm"},
      {"", "root", "root"},
      // cloud-init's extract_usergroup(): "-1" and "none" stand for nobody.
      {"-1:None", "root", "root"},
      {"a:b:c", "a", "b:c"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto owner = parse_file_owner(row.text);
    CHECK(owner.user == row.user);
    CHECK(owner.group == row.group);
  }
}

TEST_CASE("permissions are octal as text, and what YAML makes of them as a number") {
  struct {
    std::string value;
    mode_t mode;
    std::string_view problem;
  } const rows[] = {
      {"'0644'", 0644, ""},
      {"'644'", 0644, ""},
      {"'0o644'", 0644, ""},
      {"' 0755 '", 0755, ""},
      {"'4755'", 04755, ""},
      {"0644", 0644, ""},   // YAML 1.1: octal
      {"0o644", 0644, ""},  // YAML 1.1: text
      {"0", 0, ""},
      {"", 0644, ""},
      {"~", 0644, ""},
      {"644", 01204, "the decimal number 644 for YAML, so the mode is 01204"},
      {"755", 01363, "so the mode is 01363"},
      {"420", 0644, "so the mode is 0644"},
      {"'0888'", 0644, "is no octal number; the mode is 0644"},
      {"'rw-r--r--'", 0644, "is no octal number"},
      {"''", 0644, "is no octal number"},
      {"'0x1ff'", 0644, "is no octal number"},
      {"'-644'", 0644, "is no octal number"},
      {"-1", 0644, "is no octal number"},
      {"99999999999", 0644, "is no octal number"},
      {"'99999999999999999999'", 0644, "is no octal number"},
      {"true", 0644, "is no octal number"},
      {"6.44", 0644, "is no octal number"},
      {"[6, 4, 4]", 0644, "is no octal number"},
      {"'0100644'", 0644, "more than four octal digits; the mode is 0644"},
      {"0100644", 0644, "more than four octal digits"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto mode = read_mode(row.value);
    CHECK(mode.mode == row.mode);
    CHECK(mode.problem.find(row.problem) != std::string::npos);
    CHECK(mode.problem.empty() == row.problem.empty());
    CHECK(mode.advice.empty() == row.problem.empty());
  }
}

TEST_CASE("the advice is the mode that was meant") {
  const std::pair<std::string, std::string_view> rows[] = {
      {"644", "'0644'"},
      {"755", "'0755'"},
      {"600", "'0600'"},
      {"400", "'0400'"},
      {"440", "'0440'"},
      {"500", "'0500'"},
      {"4755", "'04755'"},
      // As JSON has 0644, 0755, 0600, 0400, 0640 and 01777.
      {"420", "'0644'"},
      {"493", "'0755'"},
      {"384", "'0600'"},
      {"256", "'0400'"},
      {"416", "'0640'"},
      {"1023", "'01777'"},
      // The type of a file before its mode, as stat has it.
      {"'0100755'", "'0755'"},
      {"33188", "'0644'"},
      {"'rw'", "'0644'"},
  };
  for (const auto& [value, advice] : rows) {
    CAPTURE(value);
    CHECK(read_mode(value).advice == "write it in quotes: " + std::string(advice));
  }
}

TEST_CASE("a mode is written with four digits, or five if it has a special bit") {
  CHECK(format_mode(0644) == "0644");
  CHECK(format_mode(0) == "0000");
  CHECK(format_mode(01204) == "01204");
  CHECK(format_mode(07777) == "07777");
}

}  // namespace
}  // namespace azl::provision::custom_data
