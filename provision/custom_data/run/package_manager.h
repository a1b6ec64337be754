// The package managers, and what to call them with.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// A package manager of the system.
struct PackageManager {
  std::string_view name;  ///< "dnf5", "dnf", "tdnf", "apt-get"
  PackageFamily family;   ///< kDnf or kApt
  std::string path;       ///< as the kernel sees it

  /// What is added to its environment.
  [[nodiscard]] std::vector<std::string> environment() const;
  /// The files that it and others lock by fcntl(2). dnf 4 has files of another kind:
  /// locked_status().
  [[nodiscard]] std::span<const std::string_view> locks() const;
  /// The exit status that means that another one runs; -1 if it has none.
  [[nodiscard]] int locked_status() const;
  /// The name of what update_command() does: "makecache", "update".
  [[nodiscard]] std::string_view update_word() const;
  /// The name of what upgrade_command() does: "upgrade", "dist-upgrade".
  [[nodiscard]] std::string_view upgrade_word() const;
  /// Reads the lists of what the repositories have.
  [[nodiscard]] std::vector<std::string> update_command() const;
  [[nodiscard]] std::vector<std::string> upgrade_command() const;
  /// Installs the packages in one transaction.
  [[nodiscard]] std::vector<std::string> install_command(
      std::span<const PackageName> packages) const;
  /// Repairs what an interrupted installation left. Only for apt.
  [[nodiscard]] std::vector<std::string> repair_command() const;
  /// Ends with status 0 if no reboot is required, and with 1 and "Reboot is required" on its output
  /// if one is. Empty if there is no such program.
  [[nodiscard]] std::vector<std::string> reboot_command(const Root& root) const;
  /// The package that has the program of reboot_command(); empty for apt.
  [[nodiscard]] std::string_view reboot_package() const;
};

/// Finds the first of dnf5, dnf, tdnf and apt-get that is of the family. Returns nullopt if there
/// is none.
[[nodiscard]] std::optional<PackageManager> find_package_manager(
    const Root& root, PackageFamily family = PackageFamily::kAny);

}  // namespace azl::provision::custom_data
