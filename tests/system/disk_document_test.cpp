// The table in docs/disks.md shows the cases of the plan's test.
#include <string>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/gather/disks_document.h"
#include "tests/system/written_part.h"
#include "tests/unit/provision/disks/cases.h"

namespace azl::provision {
namespace {

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
  test::check_written_part("docs/disks.md", make_table());
}

}  // namespace
}  // namespace azl::provision
