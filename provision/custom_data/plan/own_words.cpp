#include "provision/custom_data/plan/own_words.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "provision/custom_data/plan/file_content.h"
#include "provision/custom_data/plan/surprises.h"
#include "provision/custom_data/plan/top_level_keys.h"

namespace azl::provision::custom_data {
namespace {

constexpr auto kWords = std::to_array<std::string_view>({
    // Keys of write_files, and of entries of module lists.
    "path",
    "content",
    "owner",
    "permissions",
    "encoding",
    "append",
    "defer",
    "source",
    "uri",
    "name",
    "frequency",
    // Keys of packages.
    "dnf",
    "tdnf",
    // Keys of apt, yum_repos, ca_certs, ntp and growpart.
    "conf",
    "debconf_selections",
    "disable_suites",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "key",
    "keyid",
    "keyserver",
    "preserve_sources_list",
    "primary",
    "proxy",
    "security",
    "sources",
    "sources_list",
    "allow",
    "baseurl",
    "devices",
    "enabled",
    "gpgcheck",
    "metalink",
    "mirrorlist",
    "mode",
    "ntp_client",
    "peers",
    "pools",
    "remove-defaults",
    "remove_defaults",
    "servers",
    "trusted",
    // Keys of device_aliases, disk_setup, fs_setup and swap.
    "cmd",
    "device",
    "extra_opts",
    "filename",
    "filesystem",
    "label",
    "layout",
    "maxsize",
    "overwrite",
    "partition",
    "replace_fs",
    "size",
    "table_type",
    // Keys of users, groups and chpasswd.
    "create_groups",
    "default_user",
    "expire",
    "expiredate",
    "gecos",
    "hashed_passwd",
    "homedir",
    "inactive",
    "list",
    "lock_passwd",
    "lock-passwd",
    "no_create_home",
    "no_log_init",
    "no_user_group",
    "passwd",
    "plain_text_passwd",
    "primary_group",
    "primary-group",
    "shell",
    "ssh-authorized-keys",
    "sudo",
    "system",
    "type",
    "uid",
    // Keys of power_state.
    "condition",
    "delay",
    "message",
    "mode",
    "timeout",
    // Values.
    "any",
    "auto",
    "btrfs",
    "defaults",
    "ephemeral0",
    "ephemeral0.1",
    "ephemeral0.2",
    "ext4",
    "gpt",
    "mbr",
    "nofail",
    "none",
    "xfs",
    "chrony",
    "localhost",
    "noblock",
    "off",
    "systemd-timesyncd",
    "template",
    "halt",
    "now",
    "poweroff",
    "reboot",
    "default",
    "hash",
    "RANDOM",
    "text",
    "false",
    "true",
    "always",
    "scripts-user",
    "scripts_user",
});

/// Longer than each of the words.
constexpr std::size_t kLongest = 40;

std::vector<std::string_view> collect_words() {
  std::vector<std::string_view> words = surprising_words();
  words.insert(words.end(), kWords.begin(), kWords.end());
  for (const auto& key : top_level_keys()) words.push_back(key.name);
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace

bool is_own_word(std::string_view word) {
  // A line can have millions of words.
  static const std::vector<std::string_view> kSorted = collect_words();
  if (word.size() > kLongest || trim(word).empty()) return false;
  return std::binary_search(kSorted.begin(), kSorted.end(), word) ||
         parse_file_encoding(word).has_value();
}

}  // namespace azl::provision::custom_data
