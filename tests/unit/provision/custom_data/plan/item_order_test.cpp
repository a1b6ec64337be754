#include "provision/custom_data/plan/item_order.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

Item make_file(const std::string& id, ItemPhase phase) {
  Item item{.id = id, .phase = phase};
  item.action = WriteFile{.path = "/x"};
  return item;
}

Item make_script(const std::string& id, ItemPhase phase) {
  Item item{.id = id, .phase = phase};
  item.action = RunScript{.name = id.substr(id.find('/') + 1)};  // npos + 1 is 0
  return item;
}

std::vector<std::string> sorted_ids(std::vector<Item> items) {
  sort_items(items);
  std::vector<std::string> ids;
  for (const auto& item : items) ids.push_back(item.id);
  return ids;
}

TEST_CASE("items are sorted by phase, then by module") {
  // cloud-init's cloud_init_modules: bootcmd, write_files; cloud_final_modules:
  // package_update_upgrade_install, write_files_deferred, scripts_per_once, scripts_per_boot,
  // scripts_per_instance, scripts_user.
  std::vector<Item> items;
  items.push_back(make_script("runcmd", ItemPhase::kFinal));
  items.push_back(make_script("per-instance/a", ItemPhase::kFinal));
  items.push_back(make_script("per-boot/a", ItemPhase::kFinal));
  items.push_back(make_script("per-once/a", ItemPhase::kFinal));
  items.push_back(make_file("write_files/1", ItemPhase::kFinal));
  items.push_back({.id = "packages", .phase = ItemPhase::kFinal, .action = InstallPackages{}});
  items.push_back(make_file("write_files/2", ItemPhase::kEarly));
  items.push_back(make_script("bootcmd", ItemPhase::kEarly));
  items.push_back(make_script("boothooks/z", ItemPhase::kEarly));
  items.push_back(make_script("boothooks/a", ItemPhase::kEarly));
  CHECK(sorted_ids(std::move(items)) ==
        std::vector<std::string>{"boothooks/z", "boothooks/a", "bootcmd", "write_files/2",
                                 "packages", "write_files/1", "per-once/a", "per-boot/a",
                                 "per-instance/a", "runcmd"});
}

TEST_CASE("settings of the system are made where cloud-init makes them, but for two") {
  // cloud_init_modules: write_files, set_hostname, update_etc_hosts, ca_certs, users_groups;
  // cloud_config_modules: locale, yum_add_repo, ntp, timezone; then cloud_final_modules.
  // Here the host name comes before bootcmd, and packages before what may need them.
  std::vector<Item> items;
  for (const auto* id : {"ca_certs", "manage_etc_hosts", "hostname", "users", "write_files/1"})
    items.push_back(make_file(id, ItemPhase::kEarly));
  for (const auto* id : {"packages", "timezone", "ntp", "yum_repos/b", "yum_repos/a", "locale",
                         "apt/b.list", "apt/update"})
    items.push_back(make_file(id, ItemPhase::kFinal));
  CHECK(sorted_ids(std::move(items)) ==
        std::vector<std::string>{"hostname", "write_files/1", "manage_etc_hosts", "ca_certs",
                                 "users", "apt/b.list", "apt/update", "yum_repos/b", "yum_repos/a",
                                 "packages", "locale", "ntp", "timezone"});
}

TEST_CASE("scripts of one frequency are sorted by the bytes of their file names") {
  // cloud-init's runparts() sorts the names of each folder.
  std::vector<Item> items;
  for (const auto* id : {"per-boot/b", "per-boot/a", "per-instance/20", "per-instance/10",
                         "per-once/z", "per-once/A"})
    items.push_back(make_script(id, ItemPhase::kFinal));
  CHECK(sorted_ids(std::move(items)) ==
        std::vector<std::string>{"per-once/A", "per-once/z", "per-boot/a", "per-boot/b",
                                 "per-instance/10", "per-instance/20"});
}

TEST_CASE("scripts and runcmd are sorted by the bytes of their file names") {
  std::vector<Item> items;
  for (const auto* id : {"scripts/setup.sh", "scripts/part-002", "scripts/part-001", "runcmd",
                         "scripts/00_x.sh", "scripts/Z", "scripts/\xC3\xA4"})
    items.push_back(make_script(id, ItemPhase::kFinal));
  CHECK(sorted_ids(std::move(items)) ==
        std::vector<std::string>{"scripts/00_x.sh", "scripts/Z", "scripts/part-001",
                                 "scripts/part-002", "runcmd", "scripts/setup.sh",
                                 "scripts/\xC3\xA4"});
}

TEST_CASE("files keep the order of the document") {
  std::vector<Item> items;
  for (const auto* id : {"write_files/1", "write_files/10", "write_files/2"})
    items.push_back(make_file(id, ItemPhase::kEarly));
  CHECK(sorted_ids(std::move(items)) ==
        std::vector<std::string>{"write_files/1", "write_files/10", "write_files/2"});
}

}  // namespace
}  // namespace azl::provision::custom_data
