#include "provision/image/unit_links.h"

#include <doctest/doctest.h>

#include "tests/unit/provision/gather/tree_files.h"

using namespace azl::provision;
using namespace azl::test;
using Strings = std::vector<std::string>;

namespace {
const std::string kUnits = "etc/systemd/system/";
const std::string kUnit = "x.service";
}  // namespace

TEST_CASE("a unit is enabled once, and disabled wherever a link in /etc has it started") {
  TemporaryTree tree;
  tree.write("usr/lib/systemd/system/x.service", "[Unit]\n");
  const auto root = root_of(tree);
  CHECK(find_enabling_links(root, kUnit).empty());
  CHECK(make_enabling_link(root, kUnit));
  CHECK(make_enabling_link(root, kUnit));
  tree.symlink("../x.service", kUnits + "b.target.requires/x.service")
      .write(kUnits + "c.target.wants/x.service", "no link")
      .symlink("/x", kUnits + "d.target/x.service");
  CHECK(find_enabling_links(root, kUnit) ==
        Strings{"/etc/systemd/system/b.target.requires/x.service",
                "/etc/systemd/system/multi-user.target.wants/x.service"});
  CHECK(root.link_target("/etc/systemd/system/multi-user.target.wants/x.service") ==
        "/usr/lib/systemd/system/x.service");
  CHECK(remove_enabling_links(root, kUnit));
  CHECK(find_enabling_links(root, kUnit).empty());
  CHECK(tree.exists(kUnits + "c.target.wants/x.service"));
  CHECK(tree.exists(kUnits + "d.target/x.service"));
}

TEST_CASE("a unit that is not there, or a file in the way, is an error") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  CHECK_FALSE(make_enabling_link(root, kUnit));
  tree.write("usr/lib/systemd/system/x.service", "[Unit]\n")
      .write(kUnits + "multi-user.target.wants/x.service", "no link");
  CHECK_FALSE(make_enabling_link(root, kUnit));
}

TEST_CASE("a mask is a link to /dev/null, and replaces no unit file") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  CHECK(make_mask(root, kUnit));
  CHECK(make_mask(root, kUnit));
  CHECK(root.link_target("/etc/systemd/system/x.service") == "/dev/null");
  tree.write(kUnits + "y.service", "[Unit]\n");
  CHECK_FALSE(make_mask(root, "y.service"));
}
