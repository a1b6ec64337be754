#include "provision/store/pool_marker.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

using namespace azl;
using namespace azl::provision;

namespace {

TEST_CASE("a marker is read back as it was written, and can be removed") {
  const test::TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  CHECK_FALSE(load_pool_marker(root).value());
  const PoolMarker marker{.vm_id = "a0a0a0a0-1111-4222-8333-444444444444",
                          .boot_id = "b",
                          .type = "Savable",
                          .from_media = true,
                          .told_at = "2026-01-02T03:04:05+00:00"};
  REQUIRE(save_pool_marker(root, marker));
  const auto read = load_pool_marker(root);
  REQUIRE(read);
  REQUIRE(*read);
  CHECK(to_json(**read) == to_json(marker));
  CHECK((*read)->from_media);
  CHECK((*read)->type == "Savable");
  REQUIRE(remove_pool_marker(root));
  CHECK_FALSE(load_pool_marker(root).value());
  CHECK(remove_pool_marker(root));  // there is none
}

TEST_CASE("a marker that cannot be used is an error, and not the same as none") {
  for (const std::string text : {"", "x", "[]", "{}", R"({"schema_version": 2})"}) {
    CAPTURE(text);
    CHECK(parse_pool_marker(text).error().reason() == Reason::kState);
  }
  CHECK(parse_pool_marker(R"({"schema_version": 1, "vm_id": 7})").value().vm_id.empty());
}

}  // namespace
