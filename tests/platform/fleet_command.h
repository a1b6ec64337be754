// The command azl-platform fleet: prints what run_fleet() gives.
#pragma once

#include <string>

namespace azl::platform {

/// The values given on the command line.
struct FleetCommand {
  unsigned vms = 1;
  std::string tree = {};
  std::string scenario = "default";  ///< name of an example, or a file
  std::string program = "azl-provision";
  unsigned rate = 5;            ///< requests per second that IMDS accepts from each VM
  int spent = -1;               ///< RateLimitOptions::spent; below 0: all of `rate`
  unsigned timeout_s = 3600;    ///< of one VM
  std::string keep = {};        ///< the directory to keep; empty: a temporary one, removed
  std::string format = "text";  ///< "text" or "json"
};

/// Runs the fleet, and prints its table or its JSON, or what is wrong. Returns the exit status: 0
/// if every VM told the platform that it is ready. Removes its temporary files also after a signal.
[[nodiscard]] int fleet_command(const FleetCommand& command);

}  // namespace azl::platform
