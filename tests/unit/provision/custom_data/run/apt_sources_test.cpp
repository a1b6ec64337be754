#include "provision/custom_data/run/apt_sources.h"

#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "provision/custom_data/run/stored.h"
#include "tests/unit/provision/custom_data/run/item_machine.h"

namespace azl::provision::custom_data {
namespace {

/// An empty tree.
struct Machine : azl::test::ItemMachine {
  /// The text of the source's file after it was added.
  std::string add(const std::string& file, const std::string& text, bool append = true) {
    REQUIRE(carry_out(&add_apt_source,
                      AddAptSource{.file = file, .text = Secret(text), .append = append}));
    return tree.read("etc/apt/sources.list.d/" + file);
  }
};

}  // namespace

TEST_CASE("a source is written with its key and the name of the release") {
  Machine machine;
  machine.tree.write("usr/lib/os-release", "ID=debian\nVERSION_CODENAME=\"bookworm\"\n");
  const AddAptSource source{.file = "shop.list",
                            .text = Secret("deb https://a.example.org ${RELEASE} main\n"),
                            .key_file = "/etc/apt/cloud-init.gpg.d/shop.gpg",
                            .key = "\x98key"};
  CHECK(machine.carry_out(&add_apt_source, source).value() ==
        "wrote /etc/apt/sources.list.d/shop.list and /etc/apt/cloud-init.gpg.d/shop.gpg");
  CHECK(machine.tree.read("etc/apt/sources.list.d/shop.list") ==
        "deb https://a.example.org bookworm main\n");
  CHECK(machine.tree.read("etc/apt/cloud-init.gpg.d/shop.gpg") == "\x98key");
  const AddAptSource key{.key_file = "/etc/apt/trusted.gpg.d/shop.gpg", .key = "\x98key"};
  CHECK(machine.carry_out(&add_apt_source, key).value() == "wrote /etc/apt/trusted.gpg.d/shop.gpg");
  CHECK(machine.tree.read("etc/apt/trusted.gpg.d/shop.gpg") == "\x98key");
}

TEST_CASE("nothing is written for a release without a name, if the name is needed") {
  for (const auto* os : {"", "VERSION_CODENAME=\n", "VERSION_CODENAME=\"a b\"\n"}) {
    Machine machine;
    machine.tree.write("etc/os-release", os);
    const AddAptSource source{.file = "shop.list",
                              .text = Secret("deb https://a.example.org ${RELEASE} main\n"),
                              .key_file = "/etc/apt/trusted.gpg.d/shop.gpg",
                              .key = "\x98key"};
    const auto failed = machine.carry_out(&add_apt_source, source);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().to_string().contains("VERSION_CODENAME"));
    CHECK_FALSE(machine.tree.exists("etc/apt"));
    CHECK(machine.add("a.list", "deb a:b x main\n") == "deb a:b x main\n");
  }
}

TEST_CASE("a source is added once to what its file has, or replaces it") {
  Machine machine;
  CHECK(machine.add("a.list", "deb a:b x main\n") == "deb a:b x main\n");
  CHECK(machine.add("a.list", "deb a:b x main\n") == "deb a:b x main\n");
  CHECK(machine.add("a.list", "deb a:b x\n") == "deb a:b x main\ndeb a:b x\n");
  CHECK(machine.add("a.list", "deb a:b x\n") == "deb a:b x main\ndeb a:b x\n");
  CHECK(machine.add("a.list", "deb c:d x main\n", false) == "deb c:d x main\n");
  machine.tree.write("etc/apt/sources.list.d/a.list", "# mine\ndeb a:b x main");
  CHECK(machine.add("a.list", "deb a:b x main\n") == "# mine\ndeb a:b x main");
  CHECK(machine.add("a.list", "deb c:d x main\n") == "# mine\ndeb a:b x main\ndeb c:d x main\n");
  CHECK(machine.add("a.sources", "Types: deb\n") == "Types: deb\n");
  CHECK(machine.add("a.sources", "Types: deb-src\n") == "Types: deb\n\nTypes: deb-src\n");
}

TEST_CASE("configuration replaces that of an earlier document") {
  Machine machine;
  machine.tree.write("etc/apt/apt.conf.d/94cloud-init-config", "old");
  CHECK(machine
            .carry_out(&add_apt_configuration,
                       {.file = "94cloud-init-config", .text = Secret("new\n")})
            .value() == "wrote /etc/apt/apt.conf.d/94cloud-init-config");
  CHECK(machine.tree.read("etc/apt/apt.conf.d/94cloud-init-config") == "new\n");
}

TEST_CASE("items for apt are known, and so is a system with apt") {
  const auto is_for = [](Action action) { return is_for_apt(Item{.action = std::move(action)}); };
  CHECK(is_for(AddAptSource{}));
  CHECK(is_for(AddAptConfiguration{}));
  CHECK(is_for(InstallPackages{.family = PackageFamily::kApt}));
  CHECK_FALSE(is_for(InstallPackages{}));
  CHECK_FALSE(is_for(AddRepository{}));
  Machine machine;
  CHECK_FALSE(has_apt(machine.root));
  for (const auto* program : {"usr/bin/dnf", "usr/bin/apt-get"}) {
    machine.tree.write(program, "");
    ::chmod(machine.tree.path(program).c_str(), 0755);
    CHECK(has_apt(machine.root) == machine.tree.exists("usr/bin/apt-get"));
  }
}

TEST_CASE("items for apt come back as they were, and are for trees") {
  StoredItems items;
  items.items.push_back({.item = {.id = "x",
                                  .action = AddAptSource{.file = "a.list",
                                                         .text = Secret("deb \xff\n"),
                                                         .append = false,
                                                         .key_file = "/etc/apt/trusted.gpg.d/a.gpg",
                                                         .key = "\x98key"}}});
  items.items.push_back(
      {.item = {.id = "y", .action = AddAptConfiguration{.file = "x", .text = Secret("\xff")}}});
  for (const auto& stored : items.items) {
    CHECK(is_repeatable(stored.item));
    CHECK(is_for_tree(stored.item));
  }
  Item update{.id = "z"};
  update.action = InstallPackages{.update = true, .family = PackageFamily::kApt};
  items.items.push_back({.item = std::move(update)});
  const auto again = parse_items(to_json(items).reveal()).value();
  REQUIRE(again.items.size() == 3);
  const auto& source = std::get<AddAptSource>(again.items[0].item.action);
  CHECK(source.file == "a.list");
  CHECK(source.text.reveal() == "deb \xff\n");
  CHECK_FALSE(source.append);
  CHECK(source.key_file == "/etc/apt/trusted.gpg.d/a.gpg");
  CHECK(source.key == "\x98key");
  const auto& configuration = std::get<AddAptConfiguration>(again.items[1].item.action);
  CHECK(configuration.file == "x");
  CHECK(configuration.text.reveal() == "\xff");
  const auto& packages = std::get<InstallPackages>(again.items[2].item.action);
  CHECK((packages.family == PackageFamily::kApt));
}

}  // namespace azl::provision::custom_data
