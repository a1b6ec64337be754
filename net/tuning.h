// Tuning that somebody asked for: ring sizes, the length of the transmit queue, receive packet
// steering. The default is the kernel's own.
//
// It is applied to what the kernel shows, not written into a .link file: systemd-udevd takes the
// first of those that matches a link, so one of ours would take the distribution's naming away.
// Nothing of it lasts: a boot without it has the kernel's values.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "net/link.h"

namespace azl::net {

/// As many as the driver can: "max" in the configuration.
inline constexpr int kLargestRing = std::numeric_limits<int>::max();

/// Descriptors of each receive and transmit ring; 0: as they are.
struct RingSizes {
  int receive = 0;
  int transmit = 0;
};

/// azl-provision.conf(5), [Network]. By what the hardware is: a synthetic link's rings are buffers
/// shared with the host (hv_netvsc takes up to 18811 and 2560), those of a virtual function or of a
/// NIC without a synthetic link are the adapter's.
struct TuningOptions {
  RingSizes synthetic = {};
  RingSizes hardware = {};       ///< virtual functions and standalone NICs
  int transmit_queue = 0;        ///< packets; 0: as it is
  bool packet_steering = false;  ///< of links with fewer receive queues than processors
  /// Whether anything is asked for.
  [[nodiscard]] bool any() const;
};

/// What one link is to have.
struct LinkTuning {
  RingSizes rings = {};
  int transmit_queue = 0;          ///< 0: as it is
  std::string steering_cpus = {};  ///< a mask for rps_cpus; empty: as it is
};
/// Decides, from the link's role, how many receive queues it has and which processors run. Pure.
[[nodiscard]] LinkTuning plan_tuning(const TuningOptions& options, Role role, std::size_t queues,
                                     const std::vector<int>& processors);

/// Reads a list of processors as sysfs has it ("0-3,8"), below 8192; empty for anything else.
[[nodiscard]] std::optional<std::vector<int>> parse_processors(std::string_view text);
/// A mask as sysfs takes it: words of 32 bits, the highest first ("1,0000000f"). Pure.
[[nodiscard]] std::string processor_mask(const std::vector<int>& processors);

/// How a link took it.
struct Tuned {
  std::vector<std::string> changes = {};  ///< "receive ring 512 -> 4096"; none: it had all of it
  std::vector<Error> refused = {};        ///< what the driver does not take; the rest is done
};
/// Gives a link of the running system what is asked for; what it has already is not touched, since
/// a driver stops the link for a moment to change its rings. More than it can is cut to that.
[[nodiscard]] Tuned tune_link(const Root& root, const std::string& link, Role role,
                              const TuningOptions& options);

}  // namespace azl::net
