#include "provision/custom_data/parse/shown_name.h"

#include <string>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

TEST_CASE("what looks like a name is shown, and nothing else") {
  CHECK(quote_name("run_cmd", "this key") == "'run_cmd'");
  CHECK(quote_name("ca-certs.2", "this key") == "'ca-certs.2'");
  CHECK(quote_name(std::string(40, 'x'), "this key").size() == 42);
  for (const std::string name : {"export TOKEN=hunter2secret", "a\x1b[31m", "a/b", "\xC3\xA4",
                                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}) {
    CAPTURE(name);
    CHECK(quote_name(name, "this key") == "this key");
  }
}

TEST_CASE("a type has a slash") {
  CHECK(quote_type("application/x-y+xml", "of this part") == "'application/x-y+xml'");
  CHECK(quote_type("text/plain x", "of this part") == "of this part");
}

}  // namespace
}  // namespace azl::provision::custom_data
