#include "provision/gather/tree.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include <sys/stat.h>

#include "base/text.h"
#include "provision/accounts/ageing.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sshd.h"
#include "provision/gather/updates.h"

namespace azl::provision {
namespace {

/// Whether sshd accepts a file as a login shell: allowed_user() in auth.c of OpenSSH.
bool is_executable(const Root& root, const std::string& path) {
  const auto info = root.stat(path);
  return info && *info && (*info)->is_regular() &&
         ((*info)->mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

/// Returns when the machine was started, in seconds of CLOCK_REALTIME; nullopt in a tree.
std::optional<std::int64_t> boot_time(const Root& root) {
  constexpr std::string_view kKey = "btime ";
  const auto text = root.read_if_exists("/proc/stat");
  if (!text || !*text) return std::nullopt;
  for (const auto line : split(**text, '\n')) {
    std::int64_t seconds = 0;
    if (line.starts_with(kKey) &&
        std::from_chars(line.data() + kKey.size(), line.data() + line.size(), seconds).ec ==
            std::errc())
      return seconds;
  }
  return std::nullopt;
}

}  // namespace

std::string read_first_line(const Root& root, std::string_view path) {
  const auto text = root.read_if_exists(path, 4096);
  if (!text || !*text) return {};
  return std::string(trim(std::string_view(**text).substr(0, (**text).find('\n'))));
}

bool has_link_to_unit(const Root& root, const std::string& directory, const std::string& unit) {
  const auto names = root.list(directory);
  // exists() follows the link inside the root, so a link that a removed package left behind does
  // not count.
  return names && std::ranges::any_of(*names, [&](const auto& name) {
           return (name.ends_with(".wants") || name.ends_with(".requires")) &&
                  root.exists(directory + "/" + name + "/" + unit);
         });
}

bool is_unit_enabled(const Root& root, const std::string& unit) {
  if (root.link_target("/etc/systemd/system/" + unit) == "/dev/null" ||
      root.link_target("/run/systemd/system/" + unit) == "/dev/null")
    return false;
  for (const std::string directory :
       {"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator",
        "/run/systemd/generator.early", "/run/systemd/generator.late", "/usr/lib/systemd/system"}) {
    if (has_link_to_unit(root, directory, unit)) return true;
  }
  return false;
}

std::string read_kernel_command_line(const Root& root) {
  constexpr std::size_t kLimit = std::size_t{64} << 10;
  const auto text = root.read_if_exists("/proc/cmdline", kLimit);
  return text ? text->value_or("") : std::string();
}

bool has_networkd(const Root& root) {
  return is_unit_enabled(root, "systemd-networkd.service") ||
         root.exists("/run/systemd/netif/links");
}

bool has_new_machine_id(const Root& root) {
  const auto booted = boot_time(root);
  const auto file = root.stat("/etc/machine-id");
  return booted && file && *file && (*file)->modified_s >= *booted;
}

Result<void> gather_tree(const Root& root, const Config& config, Facts& facts) {
  facts.hostname = read_first_line(root, "/etc/hostname");
  facts.machine_id = read_first_line(root, "/etc/machine-id");
  if (facts.machine_id == "uninitialized") facts.machine_id.clear();
  facts.machine_id_is_new = has_new_machine_id(root);
  facts.has_sshd = has_sshd(root);
  facts.has_sudo = root.exists("/etc/sudoers.d");
  facts.has_networkd = has_networkd(root);
  const auto keys = root.stat("/root/.ssh/authorized_keys");
  facts.root_can_log_in = password_usable(root, "root").value_or(false) ||
                          (keys && *keys && (*keys)->is_regular() && (*keys)->size > 0);
  facts.accounts = OR_RETURN(read_accounts(root), "reading the accounts");
  facts.ageings = read_ageings(root).value_or(std::vector<AccountAgeing>());  // only root reads it
  if (config.updates.automatic != AutomaticUpdates::kNo) facts.updates = gather_updates(root);
  facts.has_nologin = root.exists("/etc/nologin");
  facts.missing_shells.clear();
  facts.unrunnable_shells.clear();
  std::set<std::string> shells = {config.user.shell, std::string(kShellOfLastResort)};
  for (const auto& account : facts.accounts.accounts) shells.insert(account.shell);
  for (const auto& shell : shells) {
    if (shell.empty()) continue;
    if (!root.exists(shell)) {
      facts.missing_shells.push_back(shell);
    } else if (!is_executable(root, shell)) {
      facts.unrunnable_shells.push_back(shell);
    }
  }
  return {};
}

}  // namespace azl::provision
