#include "provision/cli/cloud_init_schema.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace azl::provision;

namespace {

SchemaAnswer answer_for(const std::string& text, bool annotate = false) {
  return describe_schema(validate("x.yaml", text, nlohmann::json::object(), false), text, annotate);
}

}  // namespace

TEST_CASE("schema has cloud-init's first line and exit status") {
  struct Row {
    std::string what;
    std::string text;
    std::string out;  ///< how it begins
    std::string err;  ///< how it begins; empty: nothing
    int exit_status;
  };
  const std::vector<Row> rows = {
      {"valid", "#cloud-config\nruncmd: [ls]\n", "Valid schema x.yaml\n", "", 0},
      {"a key that is ignored here", "#cloud-config\nlandscape: {}\n",
       "Cloud config schema warnings: format-l2.c1: the key landscape is ignored", "", 0},
      {"an unknown key", "#cloud-config\nfoo: 1\n", "Invalid user-data x.yaml\n",
       "Error: Cloud config schema errors: format-l2.c1: cloud-config has no key \"foo\"", 1},
      {"no YAML", "#cloud-config\nusers: {{\n", "Invalid user-data x.yaml\n",
       "Error: Cloud config schema errors: format-l2.c8: ", 1},
      {"neither cloud-config nor a script", "hello\n", "Invalid user-data x.yaml\n",
       "Error: Cloud config schema errors: format-l1.c1: the first line says neither", 1},
      {"a script", "#!/bin/sh\nls\n",
       "User-data type 'script' not currently evaluated by cloud-init schema\n", "", 0},
      {"empty", "", "Empty 'cloud-config' found at x.yaml. Nothing to validate.\n", "", 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto answer = answer_for(row.text);
    CAPTURE(answer.out);
    CAPTURE(answer.err);
    CHECK(answer.out.starts_with(row.out));
    CHECK(answer.err.starts_with(row.err));
    CHECK(answer.err.empty() == row.err.empty());
    CHECK(answer.err.ends_with(row.exit_status == 0 ? "" : "Error: Invalid schema: user-data\n\n"));
    CHECK(answer.exit_status == row.exit_status);
  }
}

TEST_CASE("an annotated file has a number at each line that is wrong") {
  const auto answer = answer_for("#cloud-config\nfoo: 1\nruncmd: [ls]\nbar: 2\n", true);
  CHECK(answer.out ==
        "#cloud-config\nfoo: 1\t\t# E1\nruncmd: [ls]\nbar: 2\t\t# E2\n\n"
        "# Errors: -------------\n"
        "# E1: cloud-config has no key \"foo\"\n# E2: cloud-config has no key \"bar\"\n\n");
  CHECK(answer.exit_status == 1);
  CHECK(answer_for("#cloud-config\nruncmd: [ls]\n", true).out ==
        "#cloud-config\nruncmd: [ls]\nValid schema x.yaml\n");
}
