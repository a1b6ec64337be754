#include "base/count.h"

#include <doctest/doctest.h>

using azl::describe_count;

TEST_CASE("a number of things is described in words") {
  CHECK(describe_count(0, "disk") == "0 disks");
  CHECK(describe_count(1, "disk") == "1 disk");
  CHECK(describe_count(2, "SSH key") == "2 SSH keys");
  CHECK(describe_count(1, "address", "addresses") == "1 address");
  CHECK(describe_count(12, "address", "addresses") == "12 addresses");
}
