#include "provision/custom_data/plan/top_level_keys.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/text.h"

using namespace azl::provision::custom_data;

namespace {

// The names in schema-cloud-config-v1.json of cloud-init at 04eacd06: those that its modules and
// its base configuration declare …
constexpr std::string_view kDeclared =
    "allow_public_ssh_keys ansible apk_repos apt apt_pipelining apt_reboot_if_required "
    "apt_update apt_upgrade authkey_hash autoinstall bootcmd byobu_by_default ca-certs "
    "ca_certs chef chpasswd cloud_config_modules cloud_final_modules cloud_init_modules "
    "create_hostname_file device_aliases disable_ec2_metadata disable_root disable_root_opts "
    "disk_setup drivers fan final_message fqdn fs_setup groups growpart grub-dpkg grub_dpkg "
    "hostname keyboard landscape launch-index locale locale_configfile lxd manage_etc_hosts "
    "manage_resolv_conf mcollective merge_how merge_type mount_default_fields mounts "
    "no_ssh_fingerprints ntp output package_reboot_if_required package_update package_upgrade "
    "packages password phone_home power_state prefer_fqdn_over_hostname preserve_hostname "
    "puppet random_seed reporting resize_rootfs resolv_conf rh_subscription rpi rsyslog "
    "runcmd salt_minion snap spacewalk ssh ssh_authorized_keys ssh_deletekeys "
    "ssh_fp_console_blacklist ssh_genkeytypes ssh_import_id ssh_key_console_blacklist "
    "ssh_keys ssh_publish_hostkeys ssh_pwauth ssh_quiet_keygen swap system_info timezone "
    "ubuntu_advantage ubuntu_pro updates user users vendor_data wireguard write_files "
    "yum_repo_dir yum_repos zypper";
// … and those that it allows and no module declares.
constexpr std::string_view kAllowed = "migrate version";

std::string names_with(KeyState state) {
  std::string names;
  for (const auto& key : top_level_keys()) {
    if (key.state == state) names += (names.empty() ? "" : " ") + std::string(key.name);
  }
  return names;
}

}  // namespace

TEST_CASE("every key of cloud-init's schema has a row") {
  CHECK(azl::split(kDeclared, ' ').size() == 97);
  for (const auto names : {kDeclared, kAllowed}) {
    for (const auto name : azl::split(names, ' ')) {
      CAPTURE(name);
      const auto* const key = find_top_level_key(name);
      REQUIRE(key != nullptr);
      CHECK(key->name == name);
    }
  }
}

TEST_CASE("keys that the schema does not name are ignored") {
  const std::string schema = " " + std::string(kDeclared) + " " + std::string(kAllowed) + " ";
  std::size_t others = 0;
  for (const auto& key : top_level_keys()) {
    if (schema.contains(" " + std::string(key.name) + " ")) continue;
    CAPTURE(key.name);
    CHECK(key.state == KeyState::kIgnored);
    ++others;
  }
  CHECK(others == top_level_keys().size() - 99);
  for (const std::string_view name : {"apt_sources", "datasource", "network", "rsyslog_dir"}) {
    CHECK(find_top_level_key(name) != nullptr);
  }
}

// Issue 16, section 6: the first and the second tier.
TEST_CASE("the keys that people use are supported") {
  CHECK(names_with(KeyState::kSupported) ==
        "apt_update apt_upgrade bootcmd fqdn groups merge_how merge_type package_update "
        "package_upgrade password prefer_fqdn_over_hostname runcmd ssh_pwauth timezone");
  CHECK(names_with(KeyState::kDiffers) ==
        "apt apt_reboot_if_required ca-certs ca_certs chpasswd cloud_final_modules device_aliases "
        "disable_root disk_setup final_message fs_setup growpart hostname locale manage_etc_hosts "
        "mounts ntp package_reboot_if_required packages power_state preserve_hostname "
        "resize_rootfs ssh_authorized_keys swap system_info user users write_files yum_repos");
}

TEST_CASE("keys are found by their exact name") {
  REQUIRE(find_top_level_key("runcmd") != nullptr);
  CHECK(find_top_level_key("runcmd")->module == "runcmd");
  CHECK(find_top_level_key("users")->module == "users_groups");
  CHECK(find_top_level_key("ca-certs") != nullptr);
  CHECK(find_top_level_key("zypper") != nullptr);
  for (const std::string_view name :
       {"", "a", "zz", "Runcmd", "runcmd ", "write-files", "ssh-authorized-keys", "users.name"}) {
    CAPTURE(name);
    CHECK(find_top_level_key(name) == nullptr);
  }
}

TEST_CASE("the key that was meant is named") {
  struct Row {
    std::string_view typed;
    std::string_view meant;
  };
  const Row rows[] = {
      {"run_cmd", "runcmd"},
      {"runcmds", "runcmd"},
      {"Runcmd", "runcmd"},
      {"boot_cmd", "bootcmd"},
      {"write-files", "write_files"},
      {"write_file", "write_files"},
      {"package", "packages"},
      {"pacakges", "packages"},
      {"package-update", "package_update"},
      {"ssh-authorized-keys", "ssh_authorized_keys"},
      {"user_s", "users"},
      {"hostnme", "hostname"},
      {"yum_repo", "yum_repos"},
      {"something_else", ""},
      {"", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.typed);
    CHECK(find_meant_key(row.typed) == row.meant);
    const auto remark = describe_unknown_key(row.typed);
    CHECK(remark.rule == "unknown-key");
    CHECK(remark.level == RemarkLevel::kWarning);
    CHECK(remark.text == "cloud-config has no key \"" + std::string(row.typed) + "\"");
    CHECK(remark.advice ==
          (row.meant.empty() ? "" : "did you mean " + std::string(row.meant) + "?"));
  }
  // Secret text can be a key by mistake.
  CHECK(describe_unknown_key("export A=hunter2").text == "cloud-config has no key like this one");
  CHECK(describe_unknown_key("run_cmd", false).advice.empty());
}

TEST_CASE("an ignored key is a warning with what to use instead") {
  const auto remark = describe_ignored_key(*find_top_level_key("keyboard"));
  CHECK(remark.rule == "ignored-key");
  CHECK(remark.level == RemarkLevel::kWarning);
  CHECK(remark.text == "the key keyboard is ignored");
  CHECK(remark.advice == "Run `localectl set-keymap` in `runcmd`.");
}

TEST_CASE("every row says something in whole sentences") {
  std::set<std::string_view> names;
  for (const auto& key : top_level_keys()) {
    CAPTURE(key.name);
    CHECK(names.insert(key.name).second);
    CHECK_FALSE(key.module.empty());
    CHECK(key.text.size() > 10);
    CHECK(key.text.ends_with("."));
    CHECK(std::ranges::count(key.text, '`') % 2 == 0);
  }
  CHECK(to_string(KeyState::kSupported) == "supported");
  CHECK(to_string(KeyState::kDiffers) == "differs");
  CHECK(to_string(KeyState::kIgnored) == "ignored");
}
