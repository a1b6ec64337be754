// Which programs of the image began and ended, on which boot, VM or disk.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/root.h"
#include "imds/identity.h"

namespace azl::provision::custom_data {

/// How often the programs of a directory are run, in the order in which they are.
enum class Frequency : std::uint8_t {
  kOnce,      ///< once in the life of the disk, captured images included
  kBoot,      ///< on each boot
  kInstance,  ///< once for a VM id
};
inline constexpr std::array kFrequencies = {Frequency::kOnce, Frequency::kBoot,
                                            Frequency::kInstance};

/// A line for each program that began or ended: "begun SCOPE PATH .".
inline constexpr std::string_view kProgramsFile = "/var/lib/azl-provision/programs";

/// For what a run of the frequency counts: a boot, a VM or the disk. One word.
[[nodiscard]] std::string scope_of(Frequency frequency, const Root& root,
                                   const imds::Identity& identity);

/// By "SCOPE PATH": whether it ended.
using ProgramRuns = std::map<std::string, bool, std::less<>>;

/// Reads the file; empty if there is none. A line that a power failure cut off does not count.
/// Errors: kInvalidInput if it is no file or longer than 16 MiB; kIo.
[[nodiscard]] Result<ProgramRuns> read_runs(const Root& root);

enum class RunEvent : std::uint8_t { kBegun, kEnded };

/// Adds a line, which survives a power failure unless it counts for this boot only. Errors: kIo,
/// kDiskFull, kReadOnly.
[[nodiscard]] Result<void> record_run(const Root& root, const imds::Identity& identity,
                                      RunEvent event, Frequency frequency, std::string_view path);

/// Removes the lines of other boots and other VMs. Writes nothing if there are none, or if the file
/// cannot be read. Errors: as read_runs() and Root::write().
[[nodiscard]] Result<void> forget_other_runs(const Root& root, const imds::Identity& identity);

}  // namespace azl::provision::custom_data
