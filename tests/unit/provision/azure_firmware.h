// The firmware's files of an Azure VM, in a temporary tree.
#pragma once

#include <string>

#include "tests/unit/provision/samples.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {

/// Writes the files of a generation 2 VM.
inline void azure(TemporaryTree& tree) {
  tree.write("sys/class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n")
      .write("sys/class/dmi/id/product_uuid", std::string(kVmSwapped) + "\n")
      .mkdir("sys/firmware/efi")
      .write("proc/cmdline", "ro quiet\n")
      .write("proc/sys/kernel/osrelease", "6.12.0-1.azl4\n")
      .write("proc/sys/kernel/random/boot_id", "boot-1\n");
}

}  // namespace azl::test
