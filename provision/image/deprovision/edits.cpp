#include "provision/image/deprovision/edits.h"

#include <algorithm>

#include "disk/fstab.h"
#include "provision/apply/host_name.h"

namespace azl::provision {

std::string without_fstab_lines(std::string_view fstab) {
  return disk::remove_custom_lines(disk::remove_fstab_lines(fstab, {}).text).text;
}

bool has_fstab_lines(std::string_view fstab) {
  return disk::remove_fstab_lines(fstab, {}).changed || disk::remove_custom_lines(fstab).changed;
}

std::string without_hosts_line(std::string_view hosts) {
  std::string text;
  for (std::size_t from = 0; from < hosts.size();) {
    const auto end = std::min(hosts.find('\n', from), hosts.size() - 1) + 1;
    const auto line = hosts.substr(from, end - from);
    const bool ours = line.ends_with(std::string(kHostsMark) + "\n") || line.ends_with(kHostsMark);
    if (!ours) text += line;
    from = end;
  }
  return text;
}

bool has_hosts_line(std::string_view hosts) { return without_hosts_line(hosts) != hosts; }

}  // namespace azl::provision
