#include "provision/accounts/host_key_unit.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace azl::provision {

namespace {

constexpr std::size_t kUnitLimit = 1 << 16;

/// Whether a unit waits for systemd's first boot. That is a boot without /etc/machine-id, or with
/// "uninitialized" in it; Azure images have an empty one.
bool waits_for_first_boot(const Root& root, const std::string& path) {
  const auto text = root.read_if_exists(path, kUnitLimit);
  return text && *text && ("\n" + **text).find("\nConditionFirstBoot=") != std::string::npos;
}

}  // namespace

std::string find_host_key_unit(const Root& root) {
  constexpr std::array<std::string_view, 5> kDirectories = {
      "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
      "/usr/lib/systemd/system", "/lib/systemd/system"};
  for (const std::string unit : {"sshd-keygen@.service", "sshd-keygen.service"}) {
    for (const std::string_view directory : kDirectories) {
      const std::string path = std::string(directory) + "/" + unit;
      if (root.link_target(path) == "/dev/null") break;  // masked in all later directories too
      const auto info = root.stat(path);
      if (!info || !*info) continue;
      const bool usable = (*info)->is_regular() && (*info)->size > 0;
      if (usable && !waits_for_first_boot(root, path)) return unit;
      break;  // an empty file masks too
    }
  }
  return "";
}

std::vector<std::string> host_key_units(const std::string& unit,
                                        const std::vector<std::string>& types) {
  const auto at = unit.find("@.");
  if (at == std::string::npos) return {unit};
  std::vector<std::string> units;
  units.reserve(types.size());
  for (const std::string& type : types) {
    units.push_back(unit.substr(0, at + 1) + type + unit.substr(at + 1));
  }
  return units;
}

}  // namespace azl::provision
