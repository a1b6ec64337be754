#include "provision/custom_data/plan/disk_resolver.h"

#include <cstddef>
#include <utility>

#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "device-alias";
constexpr int kMostAliases = 8;
constexpr std::size_t kLongest = 1024;

}  // namespace

DiskResolver::DiskResolver(ModuleOutput& out) : out_(out) {
  for (const auto& member : out.config().members) {
    if (member.name == "device_aliases") read_aliases(member);
  }
}

void DiskResolver::read_aliases(const YamlMember& member) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull)
    return out_.remark(RemarkLevel::kWarning, "no-value", out_.place_of(member),
                       "'device_aliases' has no aliases");
  if (value.kind != YamlKind::kMap)
    return out_.remark(RemarkLevel::kError, kRule, out_.place_of(member),
                       describe_wrong_kind(member.name, value.kind, "a map") + "; it is ignored",
                       "write 'ALIAS: /dev/disk/azure/scsi1/lun0' below it");
  for (const auto& alias : value.members) {
    if (alias.value.kind == YamlKind::kText && alias.value.text.size() <= kLongest) {
      aliases_.emplace(alias.name, alias.value.text.reveal());
    } else {
      out_.remark(RemarkLevel::kError, kRule, out_.place_of(alias),
                  quote_name(alias.name, "an alias") +
                      " does not stand for the name of a disk; it is ignored",
                  "write '/dev/disk/azure/scsi1/lun0'");
    }
  }
  for (const auto& alias : value.members) {
    if (!follow(alias.name))
      out_.remark(RemarkLevel::kError, kRule, out_.place_of(alias),
                  quote_name(alias.name, "an alias") +
                      " stands for itself, or for more than 8 aliases one after the other; it "
                      "cannot be used",
                  "let it stand for the name of a disk");
  }
}

std::optional<std::string> DiskResolver::follow(std::string_view name) const {
  std::string current(name);
  for (int i = 0; i <= kMostAliases; ++i) {
    std::string_view suffix;
    auto found = aliases_.find(current);
    if (found == aliases_.end()) {
      const auto dotted = split_dotted_name(current);
      suffix = dotted.suffix;
      found = aliases_.find(dotted.name);
    }
    if (found == aliases_.end()) return current;
    auto next = found->second + std::string(suffix);
    if (next == current) return current;
    current = std::move(next);
  }
  return std::nullopt;
}

ResolvedName DiskResolver::resolve(std::string_view name, const Place& place) {
  auto followed = follow(name);
  if (!followed) return {};
  ResolvedName resolved{.name = std::move(*followed)};
  resolved.disk = parse_disk_name(resolved.name);
  if (!resolved.disk) return resolved;
  const auto& target = resolved.disk->target;
  if (target.kind == disk::DiskTarget::Kind::kDevice && warned_.insert(target.device).second)
    out_.remark(RemarkLevel::kWarning, "kernel-disk-name", place,
                "'" + target.device +
                    "' is a name that the kernel gives, and it can be another disk's on the next "
                    "boot; such a disk is formatted only if it is blank",
                "write /dev/disk/azure/scsi1/lun0 for the data disk with LUN 0");
  return resolved;
}

}  // namespace azl::provision::custom_data
