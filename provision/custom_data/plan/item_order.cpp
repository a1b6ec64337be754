#include "provision/custom_data/plan/item_order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <tuple>

namespace azl::provision::custom_data {
namespace {

// cloud-init's order: boothooks run while user data is taken apart, then the lists
// cloud_init_modules, cloud_config_modules and cloud_final_modules of its cloud.cfg follow. A
// module can have items in both phases. The host name comes first, because WALinuxAgent, which
// starts meanwhile, restarts the network if the name changes later. Packages come before what needs
// them: languages, time zones and chrony.
constexpr auto kOrder = std::to_array<std::string_view>({
    "hostname",
    "boothooks",
    "bootcmd",
    "apt",
    "yum_repos",
    "packages",
    "locale",
    "ntp",
    "timezone",
    "write_files",
    "disk_setup",
    "mounts",
    "swap",
    "manage_etc_hosts",
    "ca_certs",
    "groups",
    "system_info",
    "user",
    "users",
    "ssh_authorized_keys",
    "disable_root",
    "ssh_pwauth",
    "chpasswd",
    "password",
    "per-once",
    "per-boot",
    "per-instance",
    // With runcmd.
    "scripts",
    "final_message",
    "power_state",
});

std::size_t find_rank(std::string_view module) {
  // cloud-init writes runcmd as a script into the folder of the others.
  if (module == "runcmd") module = "scripts";
  return static_cast<std::size_t>(
      std::distance(kOrder.begin(), std::find(kOrder.begin(), kOrder.end(), module)));
}

/// The name by which an item is sorted; empty if the order of the document counts. cloud-init runs
/// the scripts of a folder in the order of their names, and boothooks as it finds them.
std::string_view find_sort_name(const Item& item) {
  const auto* script = std::get_if<RunScript>(&item.action);
  return script != nullptr && find_module(item) != "boothooks" ? std::string_view(script->name)
                                                               : std::string_view();
}

}  // namespace

std::string_view find_module(const Item& item) {
  const std::string_view id = item.id;
  return id.substr(0, id.find('/'));
}

bool comes_before(const Item& one, const Item& other) {
  const auto key = [](const Item& item) {
    return std::tuple(item.phase, find_rank(find_module(item)), find_sort_name(item));
  };
  return key(one) < key(other);
}

void sort_items(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), comes_before);
}

}  // namespace azl::provision::custom_data
