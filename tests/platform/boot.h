// azl-platform boot: boots a disk image under QEMU, with the simulated platform around it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/platform/object_reader.h"
#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// The values given on the command line.
struct BootCommand {
  std::string image = {};
  std::string scenario = "default";  ///< name of an example, or a file
  std::string identity_file = {};    ///< private key of the scenario's user; empty: one is made
  std::string firmware = "auto";     ///< "auto", "bios" or "uefi"
  std::string accel = "auto";        ///< "auto", "kvm" or "tcg"
  unsigned memory_mb = 2048;
  unsigned cpus = 2;
  unsigned timeout_s = 1800;
  std::string kernel = {};  ///< empty: the image's boot loader starts its own
  std::string initrd = {};
  std::string append = {};
  std::string keep = {};  ///< the directory to keep; empty: a temporary one, removed
  bool shell = false;
};

/// The firmware of a VM of generation 2: the code, and variables to copy.
struct Firmware {
  std::string code;
  std::string variables;
};
using Exists = std::function<bool(const std::string& path)>;
/// Returns the first known place of the UEFI firmware. Pure but for `exists`.
[[nodiscard]] std::optional<Firmware> find_firmware(const Exists& exists);

/// Returns a sentence for each program that is not found, with the packages that have it. `finds`
/// returns whether a program can be started.
[[nodiscard]] std::vector<std::string> missing_programs(const Exists& finds);

/// Completes a scenario with all that the boot needs to know: the VM id, the generation, the user
/// and the NICs. With a `public_key`, that is the user's only key.
[[nodiscard]] Json complete_scenario(Json document, const Scenario& scenario, unsigned generation,
                                     const std::string& public_key);

/// Prepares the run, and continues as the script platform-boot, which ends the program with the
/// verdict's status. So it only returns if that fails. Needs root. Errors: a missing program, an
/// image, key, kernel or directory that cannot be used, a wrong scenario.
[[nodiscard]] Result<void> boot_command(const BootCommand& command);

}  // namespace azl::platform
