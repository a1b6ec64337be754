#include "provision/custom_data/plan/keys_table.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/custom_data/plan/top_level_keys.h"

namespace azl::provision::custom_data {

TEST_CASE("the table has a row with four cells for each key") {
  const auto table = describe_keys_table();
  const auto lines = split(table, '\n');
  REQUIRE(lines.size() == top_level_keys().size() + 2);
  for (const auto line : lines) {
    CAPTURE(line);
    CHECK(std::ranges::count(line, '|') == 5);
    CHECK(line.starts_with("|"));
    CHECK(line.ends_with("|"));
  }
  const auto has_row = [&](std::string_view start) {
    return std::ranges::any_of(lines, [&](auto line) { return line.starts_with(start); });
  };
  CHECK(has_row("| `runcmd` | supported | runcmd | Runs once, as one shell script. |"));
  CHECK(has_row("| `write_files` | differs | write_files | "));
  CHECK(has_row("| `apt` | differs | apt_configure | `sources`, `conf` and proxies"));
  CHECK(has_row("| `zypper` | ignored | zypper_add_repo | For SUSE only. |"));
}

}  // namespace azl::provision::custom_data
