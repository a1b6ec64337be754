#include "base/closest.h"

#include <array>
#include <string>

#include <doctest/doctest.h>

using azl::find_closest;

TEST_CASE("the closest word is found for each kind of typing error, and none if all are far") {
  constexpr std::array<std::string_view, 6> kWords = {"Sudo",   "Shell", "Groups",
                                                      "status", "plan",  "run"};
  struct Row {
    std::string typed;
    std::string_view meant;
  };
  const Row rows[] = {
      {"Sudo", "Sudo"},
      {"sudo", "Sudo"},
      {"Sudoo", "Sudo"},
      {"Sdo", "Sudo"},
      {"Sodu", ""},
      {"Suod", "Sudo"},
      {"statsu", "status"},
      {"stauts", "status"},
      {"Gruops", "Groups"},
      {"Groop", "Groups"},
      {"plam", "plan"},
      {"rnu", "run"},
      {"rubbish", ""},
      {"", ""},
      {"x", ""},
      {"s\xC3\xBC\x64o", ""},
      {std::string(100000, 'S'), ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.typed.substr(0, 20));
    CHECK(find_closest(row.typed, kWords) == row.meant);
  }
  CHECK(find_closest("Sudo", {}) == "");
}
