#include "provision/custom_data/plan/packages.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "provision/custom_data/plan/debian_packages.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;

std::string config(std::string_view text) { return "#cloud-config\n" + std::string(text); }

const InstallPackages* packages_of(const CustomDataPlan& plan) {
  for (const auto& item : plan.items) {
    if (const auto* packages = std::get_if<InstallPackages>(&item.action)) return packages;
  }
  return nullptr;
}

/// "NAME VERSION FAMILY" of each package, without what is empty or any.
Lines names_of(const CustomDataPlan& plan) {
  Lines lines;
  const auto* packages = packages_of(plan);
  if (packages == nullptr) return lines;
  for (const auto& package : packages->names) {
    auto line = package.name;
    if (!package.version.empty()) line += " " + package.version;
    if (package.family == PackageFamily::kDnf) line += " dnf";
    if (package.family == PackageFamily::kApt) line += " apt";
    lines.push_back(line);
  }
  return lines;
}

TEST_CASE("packages are read as cloud-init reads them") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#package-update-upgrade-install:
  // a name, [name, version], or a map from a package manager to a list of these. Text instead of
  // the list is one package: cloudinit/util.py, get_cfg_option_list().
  struct {
    std::string_view value;
    Lines names;
    Lines remarks;
  } const rows[] = {
      {"[nginx, git]", {"nginx", "git"}, {}},
      {"nginx", {"nginx"}, {}},
      {"[[nginx, 1.20-1]]", {"nginx 1.20-1"}, {}},
      {"[[nginx, '']]", {"nginx"}, {}},
      {"[[nginx, ~]]", {"nginx"}, {}},
      {"[[nginx]]", {"nginx"}, {}},
      {"[nginx, nginx, [nginx, '1']]", {"nginx", "nginx 1"}, {}},
      {"[[nginx, 1.20]]", {"nginx 1.20"}, {"w 2:20 packages-not-text"}},
      {"[7, git]", {"7", "git"}, {"w 2:12 packages-not-text"}},
      {"[{apt: [a, [b, '2']]}, {dnf: [c]}, d]", {"a apt", "b 2 apt", "c dnf", "d"}, {}},
      {"[{apt: a, tdnf: [b], yum: c, dnf5: d}]", {"a apt", "b dnf", "c dnf", "d dnf"}, {}},
      {"[{snap: [hello, [x, y]]}, git]", {"git"}, {"w 2:13 packages-manager"}},
      {"[{apt: [{a: b}]}, git]", {"git"}, {"e 2:19 packages-item"}},
      {"[{apt: {a: b}}, git]", {"git"}, {"e 2:18 packages-item"}},
      {"[~, git]", {"git"}, {"e 2:12 packages-item"}},
      {"['', git]", {"git"}, {"e 2:12 packages-item"}},
      {"[[], git]", {"git"}, {"e 2:12 packages-item"}},
      {"[[a, b, c], git]", {"git"}, {"e 2:12 packages-item"}},
      {"[[[a], b], git]", {"git"}, {"e 2:13 packages-item"}},
      {"[[a, [b]], git]", {"git"}, {"e 2:16 packages-item"}},
      {"{apt: [a]}", {}, {"e 2:1 packages-kind"}},
      {"", {}, {"w 2:1 no-value"}},
      {"[]", {}, {}},
      // What must never become an option, or more than one argument.
      {"[-y, git]", {"git"}, {"e 2:12 packages-item"}},
      {"['--installroot=/x', git]", {"git"}, {"e 2:12 packages-item"}},
      {"['nginx curl', git]", {"git"}, {"e 2:12 packages-item"}},
      {R"(["a\nb", git])", {"git"}, {"e 2:12 packages-item"}},
      {"[[a, -1], git]", {"git"}, {"e 2:16 packages-item"}},
      {"[[a, '1 2'], git]", {"git"}, {"e 2:16 packages-item"}},
      {"[{apt: [-y]}, git]", {"git"}, {"e 2:19 packages-item"}},
      {"-y", {}, {"e 2:11 packages-item"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto plan = plan_of(config("packages: " + std::string(row.value) + "\n"));
    CHECK(names_of(plan) == row.names);
    CHECK(remarks_of(plan) == row.remarks);
    CHECK(items_of(plan) == (row.names.empty() ? Lines{} : Lines{"packages final once"}));
  }
}

TEST_CASE("one item is planned from all keys, also by their older names") {
  // cloud-init takes a key for true if it or its other name is: _multi_cfg_bool_get().
  struct {
    std::string_view text;
    bool update;
    bool upgrade;
    bool reboot;
    Lines remarks;
  } const rows[] = {
      {"packages: [a]\n", false, false, false, {}},
      {"packages: [a]\npackage_update: true\n", true, false, false, {}},
      {"apt_update: true\npackages: [a]\n", true, false, false, {}},
      {"apt_upgrade: yes\n", false, true, false, {}},
      {"package_upgrade: 'On'\n", false, true, false, {}},
      {"package_upgrade: 1\n", false, true, false, {}},
      {"package_update: 1\npackage_upgrade: no\n", true, false, false, {}},
      {"package_update: false\napt_update: true\n", true, false, false, {}},
      {"package_upgrade: true\npackage_reboot_if_required: true\n", false, true, true, {}},
      {"apt_reboot_if_required: true\npackages: [a]\n", false, false, true, {}},
      {"package_update: true\npackage_reboot_if_required: true\n",
       true,
       false,
       false,
       {"w 3:1 no-effect"}},
      {"package_update: sure\npackages: [a]\n", false, false, false, {"w 2:1 not-a-boolean"}},
      {"package_update: [true]\npackages: [a]\n", false, false, false, {"w 2:1 not-a-boolean"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto plan = plan_of(config(row.text));
    CHECK(items_of(plan) == Lines{"packages final once"});
    CHECK(plan.items.at(0).place.line == 2);
    CHECK(remarks_of(plan) == row.remarks);
    const auto* packages = packages_of(plan);
    REQUIRE(packages != nullptr);
    CHECK(packages->update == row.update);
    CHECK(packages->upgrade == row.upgrade);
    CHECK(packages->reboot_if_required == row.reboot);
  }
  CHECK(items_of(config("package_update: false\npackage_upgrade: ~\n")).empty());
  CHECK(remarks_of(config("package_reboot_if_required: true\n")) == Lines{"w 2:1 no-effect"});
}

TEST_CASE("the item says what it does, without addresses") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"packages: [nginx, [git, '2']]\n", "install nginx, git 2"},
      {"packages: ['https://u:hunter2@h/a.rpm']\n", "install a file or an address"},
      {"package_update: true\npackage_upgrade: true\n",
       "update the package lists, upgrade all packages"},
      {"packages: [a]\npackage_reboot_if_required: true\n",
       "install a, reboot when everything has run, if that is required"},
  };
  for (const auto& [text, what] : rows) {
    CAPTURE(text);
    CHECK(plan_of(config(text)).items.at(0).what == what);
  }
}

TEST_CASE("no remark quotes a name that is not in the table") {
  const auto plan =
      plan_of(config("packages: [-hunter2, 'hunter2 x', [[hunter2], 1], [hunter2, hunter2, x]]\n"));
  CHECK(plan.remarks.size() == 4);
  for (const auto& remark : plan.remarks) {
    CHECK(!remark.text.contains("hunter2"));
    CHECK(!remark.advice.contains("hunter2"));
  }
}

TEST_CASE("Debian's names get a warning with Azure Linux's") {
  const auto plan =
      plan_of(config("packages:\n- docker.io\n- [libssl-dev, '3']\n- apt-transport-https\n"
                     "- apt: [docker.io]\n- nginx\n- apache2\n"));
  CHECK(remarks_of(plan) ==
        Lines{"w 3:3 debian-package", "w 4:4 debian-package", "w 5:3 debian-package"});
  CHECK(plan.remarks.at(0).text.contains("'moby-engine'"));
  CHECK(plan.remarks.at(1).advice.contains("'openssl-devel'"));
  CHECK(plan.remarks.at(2).advice == "remove it");
  // All are tried all the same: the repositories may have them.
  CHECK(names_of(plan).size() == 6);
  CHECK(find_debian_package("docker") == nullptr);
  CHECK(find_debian_package("") == nullptr);
}

TEST_CASE("packages are bounded") {
  std::string text = "packages:\n";
  for (std::size_t i = 0; i < kMostPackages + 2; ++i) text += "- p" + std::to_string(i) + "\n";
  const auto plan = plan_of(config(text));
  CHECK(names_of(plan).size() == kMostPackages);
  CHECK(remarks_of(plan) == Lines{"e " + std::to_string(kMostPackages + 3) + ":3 packages-number"});
}

TEST_CASE("packages come before deferred files and scripts") {
  const auto plan = plan_of(
      config("runcmd: [a]\nwrite_files: [{path: /a, defer: true}, {path: /b}]\npackages: [x]\n"));
  CHECK(items_of(plan) == Lines{"write_files/2 early once", "packages final once",
                                "write_files/1 final once", "runcmd final once"});
}

}  // namespace
}  // namespace azl::provision::custom_data
