// Several local disks as one: a RAID 0 array, by mdadm.
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
  std::string uuid = {};                  ///< of one that is made; empty: a random one
  std::uint32_t chunk_kib = 512;          ///< mdadm's own default; a power of 2, at least 4
};

[[nodiscard]] std::string array_device(const Array& array);

/// Makes a striped array over whatever is on its members; one that is in use is refused. Returns
/// its device. Errors: kInvalidInput, kToolMissing, kToolFailed, kTimeout.
[[nodiscard]] Result<std::string> make_array(Processes& processes, const Array& array,
                                             const Deadline& deadline);

/// Starts an array that an earlier boot has made of these members. One that was started already is
/// an error: who asks knows its members' holders. Returns its device. Errors: as above.
[[nodiscard]] Result<std::string> start_array(Processes& processes, const Array& array,
                                              const Deadline& deadline);

/// Stops an array, "md127", and lets go of its members. Errors: as above.
[[nodiscard]] Result<void> stop_array(Processes& processes, const std::string& name,
                                      const Deadline& deadline);

}  // namespace azl::disk
