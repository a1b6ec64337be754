// The document of links, as docs/plan.md describes it.
#include "provision/gather/links_document.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision;
using azl::Reason;

TEST_CASE("links that are written are read back unchanged") {
  const std::string text = R"([
  {
    "index": 2,
    "name": "eth0",
    "mac": "00:0d:3a:12:34:56",
    "driver": "hv_netvsc",
    "master": null,
    "type": 1,
    "flags": [
      "UP",
      "LOWER_UP"
    ],
    "routes_to_imds": true
  },
  {
    "index": 3,
    "name": "enP1s1",
    "mac": "00:0d:3a:12:34:56",
    "driver": "mlx5_core",
    "master": 2,
    "type": 1,
    "flags": [
      "UP",
      "SLAVE"
    ],
    "routes_to_imds": false
  },
  {
    "index": 1,
    "name": "lo",
    "mac": null,
    "driver": "",
    "master": null,
    "type": 772,
    "flags": [],
    "routes_to_imds": false
  }
]
)";
  const auto file = parse_links(text);
  REQUIRE(file);
  CHECK(to_json(*file) == text);
  REQUIRE(file->primary);
  CHECK(file->primary->link == 2);
  CHECK(file->primary->certain);
}

TEST_CASE("missing members have defaults, and unknown ones are ignored") {
  const auto file = parse_links(
      R"([{}, {"index": 7, "colour": "red", "flags": ["UP", "NOARP"]}, {"mac": null}])");
  REQUIRE(file);
  REQUIRE(file->links.size() == 3);
  CHECK(file->links[0].index == 8);
  CHECK(file->links[0].name == "link8");
  CHECK(file->links[0].type == 1);
  CHECK(file->links[0].mac == azl::net::MacAddress{});
  CHECK_FALSE(file->links[0].up);
  CHECK(file->links[1].up);
  CHECK(file->links[2].index == 9);
  CHECK_FALSE(file->primary);
  CHECK(parse_links("[]")->links.empty());
}

TEST_CASE("an invalid link is refused, and the error names it") {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"", "it is not JSON (line 1, column 1)"},
      {"{}", "it is not a JSON list of links, or it is too long"},
      {"[{}", "it is not JSON (line 1, column 4)"},
      {"[1]", "link 1 is not an object"},
      {R"([{}, {"index": 0}])", "link 2 has an invalid index"},
      {R"([{"index": 2147483648}])", "link 1 has an invalid index"},
      {R"([{"index": "2"}])", "link 1 has an invalid index"},
      {R"([{"index": 2}, {"index": 2}])", "two links have the index 2"},
      {R"([{"index": 2147483647}, {}])", "there is no index left for a link"},
      {R"([{"name": "../x"}])", "link 1 has an invalid name"},
      {R"([{"name": "eth0\n[Route]"}])", "link 1 has an invalid name"},
      {R"([{"name": ""}])", "link 1 has an invalid name"},
      {R"([{"mac": "000d3a123456"}])", "link 1 has an invalid MAC address"},
      {R"([{"driver": "a\nb"}])", "link 1 has an invalid driver"},
      {R"([{"driver": "*"}])", "link 1 has an invalid driver"},
      {R"([{"driver": 1}])", "link 1 has an invalid driver"},
      {R"([{"master": -1}])", "link 1 has an invalid master"},
      {R"([{"type": -1}])", "link 1 has an invalid type"},
      {R"([{"flags": "UP"}])", "link 1 has flags that are not a list"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto file = parse_links(row.text);
    REQUIRE_FALSE(file);
    CHECK(file.error().reason() == Reason::kInvalidInput);
    CHECK(file.error().to_string() == row.message);
  }
  std::string many = "[{}";
  for (int i = 0; i < 4096; ++i) many += ",{}";
  CHECK_FALSE(parse_links(many + "]"));
  CHECK_FALSE(parse_links(std::string(1 << 20, '[')));
}
