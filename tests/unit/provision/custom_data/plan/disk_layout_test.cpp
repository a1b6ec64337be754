#include "provision/custom_data/plan/disk_layout.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

TEST_CASE("a layout is one partition, or two of which the second may be for swap") {
  using enum LayoutKind;
  struct Row {
    std::string_view layout;
    LayoutKind kind;
    unsigned percent = 0;
    bool swap = false;
  };
  // cloudinit/config/cc_disk_setup.py: mkpart(), get_partition_gpt_layout().
  const Row rows[] = {
      {"", kNone},
      {"~", kNone},
      {"false", kNone},
      {"'no'", kNone},
      {"0", kNone},
      {"[]", kNone},
      {"true", kOne},
      {"'True'", kOne},
      {"[100]", kOne},
      {"['100']", kOne},
      {"[50]", kOne},
      {"[[100, 83]]", kOne},
      {"[[100, linux]]", kOne},
      {"[66, [33, 82]]", kTwo, 33, true},
      {"[66, [33, '82']]", kTwo, 33, true},
      {"[66, [33.3, 8200]]", kTwo, 33, true},
      {"[[66, 83], [33, Swap]]", kTwo, 33, true},
      {"[66, [33, 0657FD6D-A4AB-43C4-84E5-0933C84B4F4F]]", kTwo, 33, true},
      {"[1, [99, 82]]", kTwo, 99, true},
      {"[50, 50]", kTwo, 50, false},
      {"[50, [50, 83]]", kTwo, 50, false},
      {"[[100, 82]]", kOther},
      {"[[33, 82], 66]", kOther},
      {"[66, [100, 82]]", kOther},
      {"[66, [0, 82]]", kOther},
      {"[66, [-1, 82]]", kOther},
      {"[66, [33, 82, 1]]", kOther},
      {"[66, [33]]", kOther},
      {"[66, ~]", kOther},
      {"[x, 33]", kOther},
      {"[33x]", kOther},
      {"[101]", kOther},
      {"[99999999999999999999]", kOther},
      {"[33, 33, 33]", kOther},
      {"remove", kOther},
      {"{a: b}", kOther},
      {"[{a: b}]", kOther},
      {"1.5", kOther},
  };
  for (const auto& row : rows) {
    CAPTURE(row.layout);
    const auto document = parse_yaml("layout: " + std::string(row.layout) + "\n");
    REQUIRE(document.has_value());
    const auto layout = read_disk_layout(document->root.find("layout"));
    CHECK(layout.kind == row.kind);
    CHECK(layout.second_percent == row.percent);
    CHECK(layout.second_is_swap == row.swap);
  }
  CHECK(read_disk_layout(nullptr).kind == kNone);
}

}  // namespace
}  // namespace azl::provision::custom_data
