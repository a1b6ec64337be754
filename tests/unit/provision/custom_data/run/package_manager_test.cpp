#include "provision/custom_data/run/package_manager.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/text.h"
#include "tests/unit/temporary_tree.h"

namespace azl::provision::custom_data {
namespace {

using azl::test::TemporaryTree;
using Words = std::vector<std::string>;
using namespace std::string_view_literals;

void add_program(TemporaryTree& tree, const std::string& path, mode_t mode = 0755) {
  tree.write(path, "#!/bin/sh\n");
  ::chmod(tree.path(path).c_str(), mode);
}

std::string found_in(const TemporaryTree& tree) {
  const auto manager = find_package_manager(Root::open(tree.path()).value());
  return manager ? std::string(manager->name) : "none";
}

}  // namespace

TEST_CASE("the package manager is the first of dnf5, dnf, tdnf and apt-get") {
  TemporaryTree tree;
  CHECK(found_in(tree) == "none");
  add_program(tree, "usr/bin/apt-get");
  CHECK(found_in(tree) == "apt-get");
  add_program(tree, "usr/bin/tdnf");
  CHECK(found_in(tree) == "tdnf");
  const auto root = Root::open(tree.path()).value();
  CHECK(find_package_manager(root, PackageFamily::kApt)->name == "apt-get");
  CHECK(find_package_manager(root, PackageFamily::kDnf)->name == "tdnf");
  add_program(tree, "usr/bin/dnf-3");
  tree.symlink("dnf-3", "usr/bin/dnf");
  CHECK(found_in(tree) == "dnf");
  add_program(tree, "usr/bin/dnf5", 0644);
  tree.mkdir("usr/sbin/dnf5");
  CHECK(found_in(tree) == "dnf");
  ::chmod(tree.path("usr/bin/dnf5").c_str(), 0755);
  CHECK(found_in(tree) == "dnf5");
}

TEST_CASE("each package manager is called as it expects") {
  const std::vector<PackageName> packages = {{.name = "a"}, {.name = "b", .version = "1-2"}};
  for (const auto* name : {"dnf5", "dnf", "tdnf"}) {
    CAPTURE(name);
    const PackageManager manager{
        .name = name, .family = PackageFamily::kDnf, .path = "/usr/bin/" + std::string(name)};
    // dnf 4 waits for another one without a limit if it is not told otherwise.
    const std::string start =
        manager.path + " -y " + (name == "dnf"sv ? "--setopt=exit_on_lock=True " : "");
    CHECK(join(manager.update_command(), " ") == start + "makecache");
    CHECK(join(manager.upgrade_command(), " ") == start + "upgrade");
    CHECK(join(manager.install_command(packages), " ") == start + "install a b-1-2");
    CHECK(manager.locked_status() == (name == "dnf"sv ? 200 : -1));
    CHECK(manager.environment().empty());
  }
  // cloud-init's apt.py: dist-upgrade, name=version, DEBIAN_FRONTEND.
  const PackageManager apt{
      .name = "apt-get", .family = PackageFamily::kApt, .path = "/usr/bin/apt-get"};
  const std::string start =
      "/usr/bin/apt-get --quiet --assume-yes -oDpkg::Options::=--force-confdef "
      "-oDpkg::Options::=--force-confold -oDPkg::Lock::Timeout=10 -oAPT::Update::Error-Mode=any ";
  CHECK(join(apt.update_command(), " ") == start + "update");
  CHECK(join(apt.upgrade_command(), " ") == start + "dist-upgrade");
  CHECK(join(apt.install_command(packages), " ") == start + "install a b=1-2");
  CHECK(apt.environment() == Words{"DEBIAN_FRONTEND=noninteractive"});
}

TEST_CASE("tdnf has no needs-restarting of its own") {
  TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  const PackageManager dnf{.name = "dnf", .family = PackageFamily::kDnf, .path = "/usr/bin/dnf"};
  const PackageManager tdnf{.name = "tdnf", .family = PackageFamily::kDnf, .path = "/usr/bin/tdnf"};
  const PackageManager apt{
      .name = "apt-get", .family = PackageFamily::kApt, .path = "/usr/bin/apt-get"};
  CHECK(dnf.reboot_command(root) == Words{"/usr/bin/dnf", "needs-restarting", "-r"});
  CHECK(tdnf.reboot_command(root).empty());
  CHECK(apt.reboot_command(root).empty());
  add_program(tree, "usr/bin/needs-restarting");
  CHECK(tdnf.reboot_command(root) == Words{tree.path("usr/bin/needs-restarting"), "-r"});
}

}  // namespace azl::provision::custom_data
