#include "provision/cloud_init/yaml.h"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using azl::provision::cloud_init::to_yaml;
using nlohmann::json;

TEST_CASE("maps, lists and scalars have the layout of cloud-init's YAML") {
  CHECK(to_yaml(json::parse(R"({"b": {"d": [], "c": 12.5, "e": {}}, "a": ["x", "w"], "z": null,
                                "t": true, "m": {"l": ["v"]}})")) ==
        "a:\n- x\n- w\nb:\n    c: 12.5\n    d: []\n    e: {}\nm:\n    l:\n    - v\nt: true\nz: "
        "null\n");
}

TEST_CASE("a text that YAML would take for something else is quoted") {
  struct Row {
    std::string text;
    std::string written;
  };
  const Row rows[] = {
      {"done", "done"},
      {"Sun, 29 Nov 2026 13:38:02 +0000", "Sun, 29 Nov 2026 13:38:02 +0000"},
      {"DataSourceAzure [seed=/dev/sr0]", "DataSourceAzure [seed=/dev/sr0]"},
      {"", "''"},
      {"Running in stage: init", "'Running in stage: init'"},
      {"a #b", "'a #b'"},
      {"ends:", "'ends:'"},
      {"yes", "'yes'"},
      {"Off", "'Off'"},
      {"null", "'null'"},
      {"12", "'12'"},
      {"-x", "'-x'"},
      {"'x'", "'''x'''"},
      {" x", "' x'"},
      {"x ", "'x '"},
      {"a\nb", R"("a\nb")"},
      {"\xC3\xA4", R"("\u00e4")"},
      {"\xFF", R"("\ufffd")"},
  };
  for (const auto& row : rows) CHECK(to_yaml({{"k", row.text}}) == "k: " + row.written + "\n");
}
