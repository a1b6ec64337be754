// Finds the disks that a document names.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "provision/custom_data/plan/disk_name.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// A name after its aliases were followed.
struct ResolvedName {
  std::string name = {};
  std::optional<DiskName> disk = {};  ///< nullopt: no disk that azl-provision can set up
};

/// Follows the aliases of the document's `device_aliases`, of which at most 8 may stand for each
/// other.
class DiskResolver {
 public:
  /// Reads `device_aliases`, and remarks on those that cannot be used. `out` outlives this.
  explicit DiskResolver(ModuleOutput& out);

  /// "data.1" is the first partition of the disk with the alias "data". Warns once of each disk
  /// that is named as the kernel names it. `place`: of the name.
  [[nodiscard]] ResolvedName resolve(std::string_view name, const Place& place);

 private:
  /// Returns nullopt if the aliases stand for each other.
  [[nodiscard]] std::optional<std::string> follow(std::string_view name) const;
  void read_aliases(const YamlMember& member);

  ModuleOutput& out_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::set<std::string> warned_;  ///< devices
};

/// What to write in place of the name of something that is no such disk.
inline constexpr std::string_view kDiskNameAdvice =
    "write 'ephemeral0' for the resource disk, and /dev/disk/azure/scsi1/lun0 for the data disk "
    "with LUN 0; set up other disks in bootcmd";

}  // namespace azl::provision::custom_data
