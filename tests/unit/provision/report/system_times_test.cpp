#include "provision/report/system_times.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {
namespace {

TEST_CASE("times are read as they were written") {
  const std::vector<SystemTimes> rows = {
      {},
      {.initrd = 1, .userspace = 2, .units = {}},
      {.initrd = {},
       .userspace = std::int64_t{1} << 52,
       .units = {{.unit = "ssh.service", .started = 3, .active = 4},
                 {.unit = "x", .started = {}, .active = 5}}},
  };
  for (const auto& times : rows) {
    const auto read = parse_system_times(to_json(times));
    REQUIRE(read);
    CHECK(*read == times);
  }
  CHECK(to_json(rows[1]) == "{\n  \"initrd_us\": 1,\n  \"userspace_us\": 2,\n  \"units\": []\n}\n");
}

TEST_CASE("a document with a wrong value is refused") {
  const std::vector<std::string> rows = {
      "",
      "[]",
      "nothing",
      R"({"initrd_us": 0})",
      R"({"initrd_us": -1})",
      R"({"initrd_us": "5"})",
      R"({"userspace_us": 1.5})",
      R"({"userspace_us": 4503599627370497})",
      R"({"units": {}})",
      R"({"units": [5]})",
      R"({"units": [{"unit": ""}]})",
      R"({"units": [{"unit": 5}]})",
      R"({"units": [{"unit": "a", "active_us": 0}]})",
      R"({"units": [{"unit": ")" + std::string(257, 'a') + R"("}]})",
  };
  for (const auto& text : rows) {
    CAPTURE(text);
    CHECK_FALSE(parse_system_times(text));
  }
  std::string units;
  for (int i = 0; i < 65; ++i) units += R"({"unit": "a"},)";
  CHECK_FALSE(parse_system_times(R"({"units": [)" + units.substr(0, units.size() - 1) + "]}"));
  CHECK(parse_system_times(R"({"else": 1, "units": [{"unit": "a", "more": []}]})"));
}

}  // namespace
}  // namespace azl::provision
