// The table in docs/disks.md shows the cases of the plan's test.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/gather/disks_document.h"
#include "tests/unit/provision/disks/cases.h"

namespace azl::provision {
namespace {

constexpr const char* kDocument = "docs/disks.md";
const std::string kBegin = "<!-- begin: made by the program -->\n";
const std::string kEnd = "<!-- end -->\n";

std::string read_document() {
  const std::ifstream file(kDocument);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A cell of a Markdown table.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

std::string row(const test::DiskCase& each) {
  const auto facts = parse_disks(each.part("facts"));
  REQUIRE_MESSAGE(facts, each.name);
  std::vector<std::string> done;
  for (const auto& action : disk::plan_disks(*facts, test::options_of(each)))
    done.push_back(disk::describe_action(action) + ": " + action.why);
  std::vector<std::string> settings;
  for (const auto* const part : {"config", "wishes"}) {
    const auto lines = each.part(part);
    for (const auto line : split(lines, '\n')) {
      if (!line.empty()) settings.push_back("`" + std::string(line) + "`");
    }
  }
  return "| " + each.name + " | " + cell(each.what) + " | " + cell(join(settings, " ")) + " | " +
         (done.empty() ? "nothing" : cell(join(done, "; "))) + " |\n";
}

std::string make_table() {
  std::string text =
      "| case | what there is | `[Disk]`, and what custom data asks for | what is done, and why "
      "|\n|---|---|---|---|\n";
  for (const auto& each : test::read_disk_cases()) text += row(each);
  return text;
}

TEST_CASE("docs/disks.md shows when a disk is touched") {
  auto document = read_document();
  const auto begin = document.find(kBegin);
  const auto end = document.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const auto start = begin + kBegin.size();
  const auto table = make_table();
  if (std::getenv("AZL_WRITE_DOCUMENTS") != nullptr) {
    document.replace(start, end - start, table);
    std::ofstream(kDocument) << document;
    return;
  }
  CHECK(document.substr(start, end - start) == table);
}

}  // namespace
}  // namespace azl::provision
