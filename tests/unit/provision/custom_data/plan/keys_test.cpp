// Top-level keys: which module plans them, and what is said of those that none plans.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "provision/custom_data/plan/module_table.h"
#include "provision/custom_data/plan/own_words.h"
#include "provision/custom_data/plan/top_level_keys.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;

TEST_CASE("each key of cloud-config is planned, or a remark says that it is ignored") {
  for (const auto& key : top_level_keys()) {
    CAPTURE(key.name);
    if (find_module_for(key.name) != nullptr) {
      CHECK(key.state != KeyState::kIgnored);
      continue;
    }
    const auto plan = plan_of("#cloud-config\n" + std::string(key.name) + ": hunter2\n");
    CHECK(plan.items.empty());
    CHECK(key.state == KeyState::kIgnored);
    CHECK(remarks_of(plan) == Lines{"w 2:1 ignored-key"});
    const auto& remark = plan.remarks.at(0);
    CHECK(remark.text.find(key.name) != std::string::npos);
    CHECK(remark.text.find("hunter2") == std::string::npos);
    CHECK(!remark.advice.empty());
  }
}

TEST_CASE("each module's key is a key of cloud-config") {
  for (const auto* name : {"apt",
                           "apt_reboot_if_required",
                           "apt_update",
                           "apt_upgrade",
                           "bootcmd",
                           "ca-certs",
                           "ca_certs",
                           "chpasswd",
                           "cloud_final_modules",
                           "device_aliases",
                           "disable_root",
                           "disk_setup",
                           "final_message",
                           "fqdn",
                           "fs_setup",
                           "groups",
                           "growpart",
                           "hostname",
                           "locale",
                           "manage_etc_hosts",
                           "merge_how",
                           "merge_type",
                           "mounts",
                           "ntp",
                           "package_reboot_if_required",
                           "package_update",
                           "package_upgrade",
                           "packages",
                           "password",
                           "power_state",
                           "prefer_fqdn_over_hostname",
                           "preserve_hostname",
                           "resize_rootfs",
                           "runcmd",
                           "ssh_authorized_keys",
                           "ssh_pwauth",
                           "swap",
                           "system_info",
                           "timezone",
                           "user",
                           "users",
                           "write_files",
                           "yum_repos"}) {
    CAPTURE(name);
    CHECK((find_module_for(name) != nullptr));
    CHECK(find_top_level_key(name) != nullptr);
  }
  CHECK((find_module_for("package") == nullptr));
  CHECK((find_module_for("") == nullptr));
}

TEST_CASE("an unknown key is named with the key that was probably meant") {
  const auto plan = plan_of("#cloud-config\nrun_cmd: [a]\nruncmd: [b]\n");
  CHECK(items_of(plan) == Lines{"runcmd final once"});
  CHECK(remarks_of(plan) == Lines{"w 2:1 unknown-key"});
  CHECK(plan.remarks.at(0).advice.find("runcmd") != std::string::npos);
}

TEST_CASE("scripts and runcmd repeat if scripts-user is always") {
  // cloud-init's modules.py reads an entry that is text, a list or a map.
  struct {
    std::string_view list;
    bool repeats;
    Lines remarks;
  } const rows[] = {
      {"[[scripts-user, always]]", true, {"n 3:1 module-list"}},
      {"[[scripts_user, always]]", true, {"n 3:1 module-list"}},
      {"[{name: scripts-user, frequency: always}]", true, {"n 3:1 module-list"}},
      {"[final-message, [scripts-user, always], x]", true, {"n 3:1 module-list"}},
      {"[scripts-user]", false, {"w 3:1 module-list"}},
      {"[scripts-user, always]", false, {"w 3:1 module-list"}},
      {"[[scripts-user, once]]", false, {"w 3:1 module-list", "w 3:23 module-frequency"}},
      {"[[phone-home, always]]", false, {"w 3:1 module-list", "w 3:23 module-frequency"}},
      {"[]", false, {"w 3:1 module-list"}},
      {"x", false, {"w 3:1 module-list"}},
      {"[[], {}, 7, ~, [~, ~]]", false, {"w 3:1 module-list"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.list);
    const auto plan =
        plan_of("#cloud-config\nruncmd: [a]\ncloud_final_modules: " + std::string(row.list) +
                "\nbootcmd: [b]\n");
    CHECK(items_of(plan) == Lines{"bootcmd early each-boot",
                                  row.repeats ? "runcmd final each-boot" : "runcmd final once"});
    CHECK(remarks_of(plan) == row.remarks);
  }
  CHECK(plan_of("#cloud-config\ncloud_final_modules: [scripts-user, always]\n")
            .remarks.at(0)
            .advice.find("[scripts-user, always]") != std::string::npos);
}

TEST_CASE("the meant key is looked for as often as is useful, because it takes time") {
  std::string text = "#cloud-config\n";
  std::string item = "write_files:\n- path: /a\n";
  for (int i = 0; i < 300; ++i) {
    text += "run_cmd" + std::to_string(i % 10) +
            std::string(static_cast<std::size_t>(i / 10), '_') + ": x\n";
    item += "  paths" + std::to_string(i) + ": x\n";
  }
  for (const auto& document : {text, "#cloud-config\n" + item}) {
    const auto plan = plan_of(document);
    const auto advised = std::count_if(plan.remarks.begin(), plan.remarks.end(),
                                       [](const Remark& r) { return !r.advice.empty(); });
    CHECK(plan.remarks.size() >= 300);
    CHECK(advised > 0);
    CHECK(advised <= static_cast<std::ptrdiff_t>(kSuggestions));
  }
}

TEST_CASE("own words are keys, fixed values and the commands of the rules") {
  for (const auto* word : {"runcmd", "packages", "path", "gz+b64", "true", "apt-get", "always"}) {
    CAPTURE(word);
    CHECK(is_own_word(word));
  }
  for (const auto* word : {"", "hunter2", "run_cmd", "Path", " "}) {
    CAPTURE(word);
    CHECK(!is_own_word(word));
  }
}

}  // namespace
}  // namespace azl::provision::custom_data
