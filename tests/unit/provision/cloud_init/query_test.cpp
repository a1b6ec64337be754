#include "provision/cloud_init/query.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision::cloud_init;
using nlohmann::json;

namespace {

const json kVariables = json::parse(
    R"({"v1": {"region": "westeurope", "local-hostname": "web", "local_hostname": "web",
               "keys": ["a"]}, "region": "westeurope", "number": 5, "nothing": null})");

}  // namespace

TEST_CASE("a variable is found by its path") {
  struct Row {
    std::string path;
    std::string found;    ///< as it is printed; empty: it is not
    std::string refused;  ///< why not
  };
  const Row rows[] = {
      {"region", "westeurope\n", ""},
      {"v1.region", "westeurope\n", ""},
      {"v1.local-hostname", "web\n", ""},
      {"v1.local_hostname", "web\n", ""},
      {"number", "5\n", ""},
      {"nothing", "null\n", ""},
      {"v1.keys", "[\n \"a\"\n]\n", ""},
      {"rubbish", "", "Undefined instance-data key 'rubbish'"},
      {"rubbish.x", "", "Undefined instance-data key 'rubbish.x'"},
      {"", "", "Undefined instance-data key ''"},
      {"v1.rubbish", "", "instance-data 'v1' has no 'rubbish'"},
      {"v1.region.x", "", "instance-data 'v1.region' has no 'x'"},
      {"v1.keys.0", "", "instance-data 'v1.keys' has no '0'"},
      {"v1.", "", "instance-data 'v1' has no ''"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.path);
    const auto found = find_variable(kVariables, row.path);
    CHECK((found ? print_value(*found) : "") == row.found);
    CHECK((found ? "" : found.error()) == row.refused);
  }
}

TEST_CASE("the names in a map are listed, and nothing else has names") {
  CHECK(list_names(kVariables["v1"], "v1") == "keys\nlocal-hostname\nlocal_hostname\nregion\n");
  const auto refused = list_names(kVariables["region"], "region");
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == "--list-keys provided but 'region' is not a dict");
}

TEST_CASE("a value that is no text is JSON as cloud-init writes it") {
  CHECK(print_value(json::parse(R"({"b": [], "a": {"x": "\u00e4", "y": 1.5}})")) ==
        "{\n \"a\": {\n  \"x\": \"\\u00e4\",\n  \"y\": 1.5\n },\n \"b\": []\n}\n");
}
