#include "imds/api_version.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::imds {
namespace {

using Strings = std::vector<std::string>;

TEST_CASE("the known versions are dates, newest first") {
  const auto versions = known_versions();
  CHECK(versions.front() == "2025-04-07");
  CHECK(versions.back() == "2019-06-01");
  for (std::size_t i = 1; i < versions.size(); ++i) {
    CAPTURE(versions[i]);
    CHECK(versions[i].size() == 10);
    CHECK(versions[i] < versions[i - 1]);
  }
}

TEST_CASE("the version after a 400") {
  struct Row {
    std::string name;
    Strings tried;
    Strings offered;
    std::string next;  ///< empty: none
  };
  for (const Row& row : {
           Row{"newest in common",
               {"2025-04-07"},
               {"2021-02-01", "2023-11-15", "2020-06-01"},
               "2023-11-15"},
           Row{"a known one before a newer unknown one",
               {"2025-04-07"},
               {"2030-01-01", "2021-02-01"},
               "2021-02-01"},
           Row{"none in common",
               {"2025-04-07"},
               {"2022-02-02", "2022-03-03", "2018-01-01"},
               "2022-03-03"},
           Row{"the oldest that is read", {"2025-04-07"}, {"2019-06-01"}, "2019-06-01"},
           Row{"only too old ones", {"2025-04-07"}, {"2019-04-30", "2017-04-02"}, ""},
           Row{"the refused one again", {"2025-04-07"}, {"2025-04-07"}, ""},
           Row{"the refused one and another",
               {"2025-04-07"},
               {"2025-04-07", "2021-02-01"},
               "2021-02-01"},
           Row{"none offered", {"2025-04-07"}, {}, "2024-07-17"},
           Row{"none offered twice", {"2025-04-07", "2024-07-17"}, {}, "2023-11-15"},
           Row{"none offered three times",
               {"2025-04-07", "2024-07-17", "2023-11-15"},
               {},
               "2019-06-01"},
           Row{"enough guessed", {"2025-04-07", "2024-07-17", "2023-11-15", "2019-06-01"}, {}, ""},
           Row{"none older", {"2025-04-07", "2019-06-01"}, {}, ""},
           Row{"enough tried", {"1", "2", "3", "4", "5", "6", "7", "8"}, {"2021-02-01"}, ""},
       }) {
    CAPTURE(row.name);
    CHECK(next_version(row.tried, row.offered).value_or("") == row.next);
  }
}

}  // namespace
}  // namespace azl::imds
