// Adds links to a fake /sys.
#pragma once

#include <string>

#include "tests/unit/temporary_tree.h"

namespace azl::test {

/// Adds a link to a fake /sys. As in the kernel's, class/net/NAME is a symbolic link to devices/.
/// `driver` is empty for a virtual link.
inline void add_sysfs_link(TemporaryTree& tree, const std::string& name, int index,
                           const std::string& mac, const std::string& driver,
                           const std::string& flags) {
  const std::string device = "sys/devices/" + (driver.empty() ? "virtual" : "vmbus/" + name);
  const std::string link = device + "/net/" + name + "/";
  tree.write(link + "ifindex", std::to_string(index) + "\n")
      .write(link + "address", mac + "\n")
      .write(link + "type", "1\n")
      .write(link + "flags", flags + "\n")
      .write(link + "carrier", "1\n")
      .symlink("../../" + device.substr(4) + "/net/" + name, "sys/class/net/" + name);
  if (driver.empty()) return;
  tree.mkdir("sys/bus/drivers/" + driver)
      .symlink("../../../bus/drivers/" + driver, device + "/driver")
      .symlink("../../../" + name, link + "device");
}

}  // namespace azl::test
