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

TEST_CASE("the next API version after a 400") {
  struct Row {
    std::string name;
    Strings tried;
    Strings offered;
    std::string next;  ///< empty: none
  };
  for (const Row& row : {
           Row{"the newest common version",
               {"2025-04-07"},
               {"2021-02-01", "2023-11-15", "2020-06-01"},
               "2023-11-15"},
           Row{"a known version is preferred to a newer unknown one",
               {"2025-04-07"},
               {"2030-01-01", "2021-02-01"},
               "2021-02-01"},
           Row{"no common version",
               {"2025-04-07"},
               {"2022-02-02", "2022-03-03", "2018-01-01"},
               "2022-03-03"},
           Row{"the oldest version that can be read", {"2025-04-07"}, {"2019-06-01"}, "2019-06-01"},
           Row{"only versions that are too old", {"2025-04-07"}, {"2019-04-30", "2017-04-02"}, ""},
           Row{"the refused version again", {"2025-04-07"}, {"2025-04-07"}, ""},
           Row{"the refused version and another",
               {"2025-04-07"},
               {"2025-04-07", "2021-02-01"},
               "2021-02-01"},
           Row{"no version offered", {"2025-04-07"}, {}, "2024-07-17"},
           Row{"no version offered twice", {"2025-04-07", "2024-07-17"}, {}, "2023-11-15"},
           Row{"no version offered three times",
               {"2025-04-07", "2024-07-17", "2023-11-15"},
               {},
               "2019-06-01"},
           Row{"all guesses used",
               {"2025-04-07", "2024-07-17", "2023-11-15", "2019-06-01"},
               {},
               ""},
           Row{"no older version left", {"2025-04-07", "2019-06-01"}, {}, ""},
           Row{"too many versions tried",
               {"1", "2", "3", "4", "5", "6", "7", "8"},
               {"2021-02-01"},
               ""},
       }) {
    CAPTURE(row.name);
    CHECK(next_version(row.tried, row.offered).value_or("") == row.next);
  }
}

}  // namespace
}  // namespace azl::imds
