// Accelerated networking: which synthetic links have a virtual function, whether it carries their
// traffic, and what is wrong where it does not. Decided from plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/root.h"
#include "net/link.h"

namespace azl::net {

/// What hv_netvsc counts of the packets that went by its VF, since the link came up.
struct VfTraffic {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};
/// Picks vf_rx_packets and vf_tx_packets from what ethtool hands out: names of 32 bytes each,
/// padded with NULs (ETHTOOL_GSTRINGS), and a value for each (ETHTOOL_GSTATS). Empty where either
/// is missing: the link is no hv_netvsc's, or its driver is too old. Pure: any bytes.
[[nodiscard]] std::optional<VfTraffic> parse_vf_traffic(std::span<const std::byte> names,
                                                        std::span<const std::uint64_t> values);
/// The same from the kernel, by ioctl. Empty also where the link has no statistics or is gone.
[[nodiscard]] std::optional<VfTraffic> read_vf_traffic(const std::string& link);

/// A network function on the PCI bus. Source: /sys/bus/pci/devices.
struct PciFunction {
  std::string address;  ///< "0001:00:02.0"
  std::string vendor;   ///< "0x15b3"
  std::string driver;   ///< empty: none is bound to it
};
/// The functions of PCI class 02, network. None where there is no PCI bus.
[[nodiscard]] std::vector<PciFunction> read_network_functions(const Root& root);
/// The PCI address of a link's function; empty for a link without one.
[[nodiscard]] std::string pci_address(const Root& root, const std::string& link);

/// What the judgement rests on.
struct AccelerationFacts {
  const NetworkState& state;
  std::vector<PciFunction> functions = {};
  std::map<int, std::string> pci = {};    ///< by ifindex of the VF
  std::map<int, VfTraffic> traffic = {};  ///< by ifindex of the synthetic link
};

/// How one synthetic link is accelerated.
struct Acceleration {
  int synthetic = 0;  ///< ifindex
  bool accelerated = false;
  std::string vf = {};      ///< its name; empty: there is none
  std::string driver = {};  ///< of the VF
  std::string pci = {};     ///< its address
  bool enslaved = false;
  std::optional<VfTraffic> traffic = {};
  std::string why = {};  ///< a sentence, also where all is well
};

struct AccelerationReport {
  std::vector<Acceleration> links = {};  ///< of each synthetic link, in the order of the links
  std::vector<std::string> faults = {};  ///< what is wrong, a sentence each
};

/// Judges. Pure.
[[nodiscard]] AccelerationReport judge_acceleration(const AccelerationFacts& facts);

}  // namespace azl::net
