#include "provision/custom_data/plan/growth.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "growth";

/// Whether the value turns growth off: false for both, and "off" of growpart's mode.
bool is_off(const YamlNode& value) { return !parse_flag(value).value_or(true); }

/// Whether growpart is to grow only what grows anyway.
bool is_root_only(const YamlNode* devices) {
  return devices == nullptr ||
         (devices->kind == YamlKind::kList &&
          std::ranges::all_of(devices->items, [](const YamlNode& device) {
            return device.kind == YamlKind::kText && device.text.reveal() == "/";
          }));
}

void warn_of_growth(const YamlMember& member, ModuleOutput& out) {
  out.remark(RemarkLevel::kWarning, kRule, out.place_of(member),
             "the root partition and its file system grow on the first boot, at the same time as "
             "the VM is provisioned; '" +
                 member.name + "' does not stop that",
             "write 'GrowRoot=no' in [Disk] of azl-provision.conf(5) in the image");
}

void plan_growpart(const YamlMember& member, ModuleOutput& out) {
  constexpr auto kKeys =
      std::to_array<std::string_view>({"devices", "ignore_growroot_disabled", "mode"});
  const MapReader reader(member.value, kRule, member.name, out);
  reader.remark_unknown_keys(member.name, kKeys);
  const auto* mode = reader.find("mode");
  if (mode != nullptr && is_off(*mode)) return warn_of_growth(member, out);
  if (!is_root_only(reader.find("devices")))
    out.remark(RemarkLevel::kWarning, kRule, out.place_of(member), "only the root partition grows",
               "grow others in runcmd with growpart(1)");
}

}  // namespace

void plan_growth(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull) return;
  if (is_off(value)) return warn_of_growth(member, out);
  if (member.name != "growpart") return;
  if (value.kind == YamlKind::kMap) return plan_growpart(member, out);
  out.remark(RemarkLevel::kError, kRule, out.place_of(member),
             describe_wrong_kind(member.name, value.kind, "a map") + "; the root partition grows",
             "remove it, or write 'mode: auto' below it");
}

}  // namespace azl::provision::custom_data
