// One thing that custom data asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

#include "base/secret.h"
#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

/// When an item is carried out. docs/cloud-config.md, "When what runs".
enum class ItemPhase : std::uint8_t {
  kEarly,  ///< the network is up, and nobody can log in yet
  kFinal,  ///< the system is up
};
/// "early" or "final".
[[nodiscard]] std::string_view to_string(ItemPhase phase);

/// How often an item is carried out.
enum class ItemRepeat : std::uint8_t {
  kOnce,      ///< once for a VM id
  kEachBoot,  ///< on each boot
};
/// "once" or "each-boot".
[[nodiscard]] std::string_view to_string(ItemRepeat repeat);

/// Writes one file.
struct WriteFile {
  std::string path;  ///< absolute, without "." and ".." and NUL
  Secret content = {};
  bool append = false;
  std::string user = "root";   ///< never empty
  std::string group = "root";  ///< never empty
  mode_t mode = 0644;          ///< at most 07777
};

/// Runs a program of the document.
struct RunScript {
  std::string name;  ///< a file name
  Secret text = {};  ///< starts with "#!"
};

/// Package managers that have the same names for packages.
enum class PackageFamily : std::uint8_t {
  kAny,
  kDnf,  ///< dnf5, dnf and tdnf
  kApt,
};

/// A package to install.
struct PackageName {
  std::string name;                            ///< package_name.h: is_package_word()
  std::string version = {};                    ///< the same; empty: the newest
  PackageFamily family = PackageFamily::kAny;  ///< other package managers skip it

  bool operator==(const PackageName&) const = default;
};

/// Installs and upgrades packages.
struct InstallPackages {
  std::vector<PackageName> names = {};
  bool update = false;   ///< the lists of what the repositories have
  bool upgrade = false;  ///< all packages
  bool reboot_if_required = false;
};

using Action = std::variant<WriteFile, RunScript, InstallPackages>;

struct Item {
  /// Unique among the items of a document: the module and, if it can have several, a number or a
  /// name, for example "write_files/2", "runcmd", "scripts/part-001". item_order.h has the modules.
  std::string id = {};
  Place place = {};
  ItemPhase phase = ItemPhase::kFinal;
  ItemRepeat repeat = ItemRepeat::kOnce;
  /// For people: "write /etc/app.conf (12 bytes, 0644, root:root)". Contains no value but paths and
  /// names of owners.
  std::string what = {};
  Action action = {};
};

}  // namespace azl::provision::custom_data
