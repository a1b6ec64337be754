#include "provision/custom_data/parse/line_map.h"

#include <vector>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

std::vector<int> sources_of(const LineMap& map, int lines) {
  std::vector<int> sources;
  for (int line = 1; line <= lines; ++line) sources.push_back(map.find(line));
  return sources;
}

TEST_CASE("without text, each line is itself") {
  const LineMap map;
  CHECK(map.find(0) == 0);
  CHECK(map.find(7) == 7);
}

TEST_CASE("a rendered line comes from where its first text does") {
  LineMap map;
  map.add("a\nb\n", 2, true);    // lines 2 and 3
  map.add("c", 6, true);         // lines 4 and 5 render to nothing
  map.add("x\ny\nz", 6, false);  // a value with line ends
  map.add("d\ne\n", 6, true);
  map.add("", 7, true);
  map.add("f\n", 9, true);
  CHECK(sources_of(map, 7) == std::vector{2, 3, 6, 6, 6, 7, 9});
  CHECK(map.find(0) == 0);
}

}  // namespace
}  // namespace azl::provision::custom_data
