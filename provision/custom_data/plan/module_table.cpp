#include "provision/custom_data/plan/module_table.h"

#include <algorithm>
#include <array>

#include "provision/custom_data/plan/apt.h"
#include "provision/custom_data/plan/ca_certs.h"
#include "provision/custom_data/plan/commands.h"
#include "provision/custom_data/plan/disk_keys.h"
#include "provision/custom_data/plan/etc_hosts.h"
#include "provision/custom_data/plan/final_message.h"
#include "provision/custom_data/plan/final_modules.h"
#include "provision/custom_data/plan/groups.h"
#include "provision/custom_data/plan/growth.h"
#include "provision/custom_data/plan/host_name.h"
#include "provision/custom_data/plan/locale.h"
#include "provision/custom_data/plan/ntp.h"
#include "provision/custom_data/plan/packages.h"
#include "provision/custom_data/plan/passwords.h"
#include "provision/custom_data/plan/power_state.h"
#include "provision/custom_data/plan/time_zone.h"
#include "provision/custom_data/plan/user_keys.h"
#include "provision/custom_data/plan/users.h"
#include "provision/custom_data/plan/write_files.h"
#include "provision/custom_data/plan/yum_repos.h"

namespace azl::provision::custom_data {
namespace {

struct Row {
  std::string_view key;
  PlanKey plan;
};

void plan_nothing(const YamlMember& /*member*/, ModuleOutput& /*out*/) {}

constexpr auto kRows = std::to_array<Row>({
    {"apt", plan_apt},
    {"apt_reboot_if_required", plan_packages},
    {"apt_update", plan_packages},
    {"apt_upgrade", plan_packages},
    {"bootcmd", plan_bootcmd},
    {"ca-certs", plan_ca_certs},
    {"ca_certs", plan_ca_certs},
    {"chpasswd", plan_chpasswd},
    {"cloud_final_modules", plan_final_modules},
    {"device_aliases", plan_disk_keys},
    {"disable_root", plan_disable_root},
    {"disk_setup", plan_disk_keys},
    {"final_message", plan_final_message},
    {"fqdn", plan_host_name},
    {"fs_setup", plan_disk_keys},
    {"groups", plan_groups},
    {"growpart", plan_growth},
    {"hostname", plan_host_name},
    {"locale", plan_locale},
    {"manage_etc_hosts", plan_etc_hosts},
    {"merge_how", plan_nothing},  // merge.h obeys them
    {"merge_type", plan_nothing},
    {"mounts", plan_disk_keys},
    {"ntp", plan_ntp},
    {"package_reboot_if_required", plan_packages},
    {"package_update", plan_packages},
    {"package_upgrade", plan_packages},
    {"packages", plan_packages},
    {"password", plan_password},
    {"power_state", plan_power_state},
    {"prefer_fqdn_over_hostname", plan_host_name},
    {"preserve_hostname", plan_host_name},
    {"resize_rootfs", plan_growth},
    {"runcmd", plan_runcmd},
    {"ssh_authorized_keys", plan_ssh_authorized_keys},
    {"ssh_pwauth", plan_ssh_pwauth},
    {"swap", plan_disk_keys},
    {"system_info", plan_system_info},
    {"timezone", plan_time_zone},
    {"user", plan_user},
    {"users", plan_users},
    {"write_files", plan_write_files},
    {"yum_repos", plan_yum_repos},
});

}  // namespace

PlanKey find_module_for(std::string_view key) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.key == key; });
  return row == kRows.end() ? nullptr : row->plan;
}

}  // namespace azl::provision::custom_data
