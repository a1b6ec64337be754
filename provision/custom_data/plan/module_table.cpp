#include "provision/custom_data/plan/module_table.h"

#include <algorithm>
#include <array>

#include "provision/custom_data/plan/commands.h"
#include "provision/custom_data/plan/final_modules.h"
#include "provision/custom_data/plan/packages.h"
#include "provision/custom_data/plan/write_files.h"

namespace azl::provision::custom_data {
namespace {

struct Row {
  std::string_view key;
  PlanKey plan;
};

void plan_nothing(const YamlMember& /*member*/, ModuleOutput& /*out*/) {}

constexpr auto kRows = std::to_array<Row>({
    {"apt_reboot_if_required", plan_packages},
    {"apt_update", plan_packages},
    {"apt_upgrade", plan_packages},
    {"bootcmd", plan_bootcmd},
    {"cloud_final_modules", plan_final_modules},
    {"merge_how", plan_nothing},  // merge.h obeys them
    {"merge_type", plan_nothing},
    {"package_reboot_if_required", plan_packages},
    {"package_update", plan_packages},
    {"package_upgrade", plan_packages},
    {"packages", plan_packages},
    {"runcmd", plan_runcmd},
    {"write_files", plan_write_files},
});

}  // namespace

PlanKey find_module_for(std::string_view key) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.key == key; });
  return row == kRows.end() ? nullptr : row->plan;
}

}  // namespace azl::provision::custom_data
