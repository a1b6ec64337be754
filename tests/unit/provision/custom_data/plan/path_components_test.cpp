#include "provision/custom_data/plan/path_components.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using azl::provision::custom_data::split_path;

TEST_CASE("a path is split without what leads nowhere") {
  struct Row {
    const char* path;
    std::vector<std::string> components;
  };
  const Row rows[] = {
      {"", {}},
      {"/", {}},
      {"/etc/x", {"etc", "x"}},
      {"etc//x/", {"etc", "x"}},
      {"/./a/./b", {"a", "b"}},
      {"/a/../b", {"b"}},
      {"/../../a", {"a"}},
      {"/a/..", {}},
      {"/a/...", {"a", "..."}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.path);
    CHECK(split_path(row.path) == row.components);
  }
}
