// Tunes links as the configuration asks: ring sizes, length of the transmit queue, receive packet
// steering. By default nothing is changed.
//
// The settings are applied to the running kernel and not written into a .link file: systemd-udevd
// uses only the first .link file that matches a link, so ours would replace the distribution's and
// its naming of links. They last until the next boot.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "net/link_role.h"

namespace azl::net {

/// The largest ring that the driver supports: "max" in the configuration.
inline constexpr int kLargestRing = std::numeric_limits<int>::max();

/// Descriptors in each receive and transmit ring; 0: leave unchanged.
struct RingSizes {
  int receive = 0;
  int transmit = 0;

  bool operator==(const RingSizes&) const = default;
};

/// azl-provision.conf(5), [Network]. There are two kinds of rings: those of a synthetic link are
/// buffers shared with the host (hv_netvsc accepts up to 18811 and 2560), and those of a virtual
/// function or a standalone NIC belong to the adapter.
struct TuningOptions {
  RingSizes synthetic = {};
  RingSizes hardware = {};       ///< virtual functions and standalone NICs
  int transmit_queue = 0;        ///< packets; 0: leave unchanged
  bool packet_steering = false;  ///< for links with fewer receive queues than processors
  /// Whether anything is to be changed.
  [[nodiscard]] bool any() const;
  bool operator==(const TuningOptions&) const = default;
};

/// The settings for one link.
struct LinkTuning {
  RingSizes rings = {};
  int transmit_queue = 0;          ///< packets; 0: leave unchanged
  std::string steering_cpus = {};  ///< a mask for rps_cpus; empty: leave unchanged
};
/// Decides from the link's role, its number of receive queues and the processors that are online.
/// Pure.
[[nodiscard]] LinkTuning plan_tuning(const TuningOptions& options, Role role, std::size_t queues,
                                     const std::vector<int>& processors);

/// Parses a list of processors as sysfs writes it ("0-3,8"). Returns nullopt for any other text,
/// and for a number above 8191.
[[nodiscard]] std::optional<std::vector<int>> parse_processors(std::string_view text);
/// Returns a mask as sysfs accepts it: words of 32 bits, the highest first ("1,0000000f"). Pure.
[[nodiscard]] std::string processor_mask(const std::vector<int>& processors);

/// The outcome of tune_link().
struct Tuned {
  std::vector<std::string> changes = {};  ///< "receive ring 512 -> 4096"
  std::vector<Error> refused = {};  ///< settings that the driver refused; the others are applied
};
/// Applies the settings to a link of the running system. Does not set a value that the link already
/// has, because a driver stops the link for a moment to change its rings. Reduces ring sizes to the
/// largest that the driver supports.
[[nodiscard]] Tuned tune_link(const Root& root, const std::string& link, Role role,
                              const TuningOptions& options);

}  // namespace azl::net
