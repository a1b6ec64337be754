#include "tests/platform/media.h"

#include <filesystem>

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/platform/ovf_document.h"
#include "tests/unit/temporary_tree.h"

namespace azl::platform {
namespace {

TEST_CASE("a media directory contains only ovf-env.xml") {
  const azl::test::TemporaryTree tree;
  REQUIRE(write_media(Scenario{}, tree.path("a/media")));
  CHECK(tree.read("a/media/ovf-env.xml") == ovf_document(Scenario{}));
  CHECK_FALSE(tree.exists("a/media/ovf-env.xml.new"));
}

TEST_CASE("a media image has a label like Azure's and is readable as UDF and ISO 9660" *
          doctest::skip(access("/usr/bin/genisoimage", X_OK) != 0)) {
  const azl::test::TemporaryTree tree;
  const auto written = write_media(Scenario{}, tree.path("dvd.iso"));
  if (!written) FAIL(written.error());
  const std::string image = tree.read("dvd.iso");
  constexpr std::size_t kSector = 2048;
  // ECMA-119 8.4: the primary volume descriptor is sector 16; the volume id is at offset 40 and has
  // 32 bytes.
  REQUIRE(image.size() > 18 * kSector);
  CHECK(image.substr(16 * kSector, 6) ==
        "\x01"
        "CD001");
  CHECK(image.substr(16 * kSector + 40, 32) == "rd_rdfe_stable.250101-0000      ");
  // ECMA-167 2/9.1: the identifier of UDF is in one of the following sectors.
  CHECK(image.substr(17 * kSector, 6 * kSector).find("NSR0") != std::string::npos);
  CHECK(image.find(ovf_document(Scenario{})) != std::string::npos);
}

TEST_CASE("writing the media of a VM without media fails") {
  const azl::test::TemporaryTree tree;
  Scenario scenario;
  scenario.vm.specialized = true;
  const auto written = write_media(scenario, tree.path("media"));
  REQUIRE_FALSE(written);
  CHECK(written.error().starts_with("this scenario has no media"));
  CHECK_FALSE(tree.exists("media"));
}

TEST_CASE("a media directory that can't be written is an error") {
  const auto written = write_media(Scenario{}, "/proc/nonexistent/media");
  REQUIRE_FALSE(written);
  CHECK(written.error() == "could not write /proc/nonexistent/media/ovf-env.xml");
}

}  // namespace
}  // namespace azl::platform
