// Several local disks as one RAID 0 array, by mdadm.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"

namespace azl::disk {

/// An array. Its device is "/dev/md/NAME".
struct Array {
  std::string name = {};                  ///< letters, digits, "-", "_"; at most 32
  std::vector<std::string> members = {};  ///< devices, at least 2
  std::string uuid = {};                  ///< for make_array; empty: a random one
  std::uint32_t chunk_kib = 512;          ///< mdadm's default; a power of 2, at least 4
};

/// Makes a striped array and overwrites what is on its members. Refuses members that are in use.
/// Returns the array's device. Errors: kInvalidInput, kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<std::string> make_array(Processes& processes, const Array& array,
                                             const Deadline& deadline);

/// Starts an array that an earlier boot made of these members. Fails if it runs already; callers
/// check the holders of the members first. Returns the array's device. Errors: as make_array.
[[nodiscard]] Result<std::string> start_array(Processes& processes, const Array& array,
                                              const Deadline& deadline);

/// Stops an array, "md127", which releases its members. Errors: as make_array.
[[nodiscard]] Result<void> stop_array(Processes& processes, const std::string& name,
                                      const Deadline& deadline);

}  // namespace azl::disk
