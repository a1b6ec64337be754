#include "provision/custom_data/plan/packages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/custom_data/plan/debian_packages.h"
#include "provision/custom_data/plan/package_name.h"

namespace azl::provision::custom_data {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>(
    {"apt_reboot_if_required", "apt_update", "apt_upgrade", "package_reboot_if_required",
     "package_update", "package_upgrade", "packages"});

constexpr std::string_view kOneEach = "write '- NAME' for each package";

bool is_key(const YamlMember& member) {
  return std::find(kKeys.begin(), kKeys.end(), member.name) != kKeys.end();
}

/// The family of a package manager that a map of `packages` names. Returns nullopt if it is none
/// that is used here.
std::optional<PackageFamily> find_family(std::string_view manager) {
  if (manager == "apt") return PackageFamily::kApt;
  if (manager == "dnf" || manager == "dnf5" || manager == "tdnf" || manager == "yum")
    return PackageFamily::kDnf;
  return std::nullopt;
}

/// Whether a version means none, as for cloud-init.
bool is_none(const YamlNode& version) {
  return version.kind == YamlKind::kNull ||
         (version.kind == YamlKind::kText && version.text.empty());
}

/// Reads the value of `packages`.
class PackageReader {
 public:
  explicit PackageReader(ModuleOutput& out) : out_(out) {}

  /// What cannot be used gets a remark and is left out.
  [[nodiscard]] std::vector<PackageName> read(const YamlMember& packages);

 private:
  void read_list(const YamlNode& list, PackageFamily family);
  void read_entry(const YamlNode& entry, PackageFamily family);
  void read_managers(const YamlNode& map);
  void read_versioned(const YamlNode& entry, PackageFamily family);
  void add(const YamlNode& entry, PackageName package);
  /// Returns nullopt, with a remark, for what is no name and no version.
  [[nodiscard]] std::optional<std::string> read_word(const YamlNode& node);
  void remark_debian_name(const YamlNode& node, std::string_view name);
  void refuse(const YamlNode& node, std::string_view why, std::string advice);

  ModuleOutput& out_;
  std::vector<PackageName> packages_;
  bool too_many_ = false;
};

std::vector<PackageName> PackageReader::read(const YamlMember& packages) {
  const auto& value = packages.value;
  if (value.kind == YamlKind::kNull) {
    out_.remark(RemarkLevel::kWarning, "no-value", out_.place_of(packages),
                "'packages' has no packages");
  } else if (value.kind == YamlKind::kMap) {
    out_.remark(
        RemarkLevel::kError, "packages-kind", out_.place_of(packages),
        describe_wrong_kind("packages", value.kind, "a list") + ", so that no package is installed",
        std::string(kOneEach));
  } else if (value.kind == YamlKind::kList) {
    read_list(value, PackageFamily::kAny);
  } else {
    read_entry(value, PackageFamily::kAny);
  }
  return std::move(packages_);
}

void PackageReader::read_list(const YamlNode& list, PackageFamily family) {
  for (const auto& entry : list.items) read_entry(entry, family);
}

void PackageReader::read_entry(const YamlNode& entry, PackageFamily family) {
  if (entry.kind == YamlKind::kList) return read_versioned(entry, family);
  if (entry.kind == YamlKind::kMap && family == PackageFamily::kAny) return read_managers(entry);
  if (entry.kind == YamlKind::kMap || entry.kind == YamlKind::kNull)
    return refuse(entry,
                  "the item is " + std::string(to_string(entry.kind)) + ", and has to be a name",
                  std::string(kOneEach));
  if (auto name = read_word(entry)) {
    if (family == PackageFamily::kAny) remark_debian_name(entry, *name);
    add(entry, {.name = std::move(*name), .version = {}, .family = family});
  }
}

void PackageReader::read_managers(const YamlNode& map) {
  for (const auto& member : map.members) {
    const auto family = find_family(member.name);
    if (!family) {
      out_.remark(RemarkLevel::kWarning, "packages-manager", out_.place_of(member),
                  "the packages for '" + printable(member.name) + "' are not installed",
                  "write those for Azure Linux below 'dnf', or without a package manager");
    } else if (member.value.kind == YamlKind::kList) {
      read_list(member.value, *family);
    } else {
      read_entry(member.value, *family);
    }
  }
}

void PackageReader::read_versioned(const YamlNode& entry, PackageFamily family) {
  if (entry.items.empty() || entry.items.size() > 2)
    return refuse(entry, "the item has to be a name and a version",
                  "write '- [NAME, VERSION]', or '- NAME' for each package");
  auto name = read_word(entry.items[0]);
  if (!name) return;
  PackageName package{.name = std::move(*name), .version = {}, .family = family};
  if (entry.items.size() == 2 && !is_none(entry.items[1])) {
    auto version = read_word(entry.items[1]);
    if (!version) return;
    package.version = std::move(*version);
  }
  if (family == PackageFamily::kAny) remark_debian_name(entry.items[0], package.name);
  add(entry, std::move(package));
}

std::optional<std::string> PackageReader::read_word(const YamlNode& node) {
  if (node.kind == YamlKind::kList || node.kind == YamlKind::kMap || node.kind == YamlKind::kNull) {
    refuse(node, "a name or a version is " + std::string(to_string(node.kind)), "write it as text");
    return std::nullopt;
  }
  const auto word = node.text.reveal();
  if (word.starts_with('-')) {
    refuse(node, "a name starts with '-', as an option of a package manager",
           "write names of packages only; run the package manager in runcmd to give it options");
    return std::nullopt;
  }
  if (!is_package_word(word)) {
    refuse(node, "a name is empty or too long, or contains white space or control characters",
           std::string(kOneEach));
    return std::nullopt;
  }
  if (node.kind != YamlKind::kText)
    out_.remark(RemarkLevel::kWarning, "packages-not-text", out_.place_of(node),
                "a name or a version is " + std::string(to_string(node.kind)) +
                    " for YAML; here it counts as it is written, and cloud-init takes what Python "
                    "makes of it",
                "quote it");
  return std::string(word);
}

void PackageReader::remark_debian_name(const YamlNode& node, std::string_view name) {
  const auto* const package = find_debian_package(name);
  if (package == nullptr) return;
  const std::string here(package->here);
  out_.remark(RemarkLevel::kWarning, "debian-package", out_.place_of(node),
              "'" + std::string(package->name) + "' is a package of Debian and Ubuntu" +
                  (here.empty() ? ", for which Azure Linux has no use"
                                : "; Azure Linux's is '" + here + "'"),
              here.empty() ? "remove it"
                           : "write '" + here + "', or '- apt: [" + std::string(package->name) +
                                 "]' if it is for Debian only");
}

void PackageReader::refuse(const YamlNode& node, std::string_view why, std::string advice) {
  out_.remark(RemarkLevel::kError, "packages-item", out_.place_of(node),
              std::string(why) + "; the item is left out", std::move(advice));
}

void PackageReader::add(const YamlNode& entry, PackageName package) {
  if (packages_.size() < kMostPackages) return packages_.push_back(std::move(package));
  if (std::exchange(too_many_, true)) return;
  out_.remark(RemarkLevel::kError, "packages-number", out_.place_of(entry),
              "'packages' has more than " + std::to_string(kMostPackages) +
                  " packages; this one and those after it are left out",
              "install them in runcmd");
}

/// Returns the one of two keys that is true; nullptr if none is. Gives a remark about a value that
/// is no boolean.
const YamlMember* find_true(std::string_view key, std::string_view older, ModuleOutput& out) {
  const YamlMember* found = nullptr;
  for (const auto& member : out.config().members) {
    if (member.name != key && member.name != older) continue;
    const auto flag = read_boolean(member.value);
    if (!flag)
      out.remark(RemarkLevel::kWarning, "not-a-boolean", out.place_of(member),
                 "the value of '" + member.name +
                     "' is neither true nor false; it counts as false, as for cloud-init",
                 "write 'true' or 'false'");
    if (flag.value_or(false)) found = &member;
  }
  return found;
}

std::vector<PackageName> read_names(ModuleOutput& out) {
  for (const auto& member : out.config().members) {
    if (member.name != "packages") continue;
    auto names = PackageReader(out).read(member);
    std::vector<PackageName> once;
    for (auto& name : names) {
      if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(std::move(name));
    }
    return once;
  }
  return {};
}

/// "update the package lists, install nginx, git and 3 more, reboot if that is required".
std::string describe(const InstallPackages& packages) {
  std::vector<std::string> parts;
  if (packages.update) parts.emplace_back("update the package lists");
  if (packages.upgrade) parts.emplace_back("upgrade all packages");
  if (!packages.names.empty()) parts.push_back("install " + describe_packages(packages.names));
  if (packages.reboot_if_required)
    parts.emplace_back("reboot when everything has run, if that is required");
  return join(parts, ", ");
}

}  // namespace

void plan_packages(const YamlMember& member, ModuleOutput& out) {
  const auto& members = out.config().members;
  const auto first = std::find_if(members.begin(), members.end(), is_key);
  if (first == members.end() || first->name != member.name) return;
  const auto* reboot = find_true("package_reboot_if_required", "apt_reboot_if_required", out);
  InstallPackages packages{.names = read_names(out),
                           .update = find_true("package_update", "apt_update", out) != nullptr,
                           .upgrade = find_true("package_upgrade", "apt_upgrade", out) != nullptr};
  const bool changes = packages.upgrade || !packages.names.empty();
  packages.reboot_if_required = reboot != nullptr && changes;
  if (reboot != nullptr && !changes)
    out.remark(RemarkLevel::kWarning, "no-effect", out.place_of(*reboot),
               "the VM does not reboot, because nothing is installed or upgraded",
               "add 'package_upgrade: true' or 'packages', or reboot in the last line of runcmd");
  if (!changes && !packages.update) return;
  Item item{.id = "packages",
            .place = out.place_of(member),
            .phase = ItemPhase::kFinal,
            .what = describe(packages)};
  item.action = std::move(packages);
  out.add(std::move(item));
}

}  // namespace azl::provision::custom_data
