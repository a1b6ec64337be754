// docs/migrating.md has a row for each rule of a migration.
#include <string>

#include <doctest/doctest.h>

#include "provision/config/keys.h"
#include "provision/image/migrate/key_rules.h"
#include "tests/system/written_part.h"

namespace azl::provision {
namespace {

std::string describe(const KeyRule& rule) {
  const bool own = rule.fate == Fate::kBecomes;
  std::string text = "| `" + std::string(rule.key) + "` | " + std::string(to_string(rule.fate));
  if (!rule.ours.empty()) text += own ? " `" : ", or becomes `";
  text += rule.ours;
  if (!rule.ours.empty()) text += "`";
  text += " | " + std::string(rule.text);
  if (!rule.lost.empty()) text += ". **Lost**: " + std::string(rule.lost);
  return text + " |\n";
}

std::string make_tables() {
  std::string text;
  for (const auto agent : kAgents) {
    text += (text.empty() ? "### " : "\n### ") + std::string(to_string(agent)) +
            "\n| key or path | what becomes of it | why, or what to do |\n|---|---|---|\n";
    for (const auto& rule : key_rules(agent)) text += describe(rule);
    for (const auto& path : path_rules()) {
      if (path.agent == agent) text += describe(path.rule);
    }
  }
  return text;
}

TEST_CASE("docs/migrating.md says what becomes of each key of another agent") {
  test::check_written_part("docs/migrating.md", make_tables());
}

}  // namespace
}  // namespace azl::provision
