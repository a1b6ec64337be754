// Accelerated networking: which synthetic links have a virtual function (VF), whether it carries
// their traffic, and what is wrong if it does not.
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

/// The packets that a synthetic link received and sent through its VF since it came up, as counted
/// by hv_netvsc.
struct VfTraffic {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};
/// Picks vf_rx_packets and vf_tx_packets from ethtool's statistics: names of 32 bytes each, padded
/// with NULs (ETHTOOL_GSTRINGS), and a value for each (ETHTOOL_GSTATS). Returns nullopt if one of
/// the two is missing: the driver is not hv_netvsc, or it is too old. Pure; accepts any bytes.
[[nodiscard]] std::optional<VfTraffic> parse_vf_traffic(std::span<const std::byte> names,
                                                        std::span<const std::uint64_t> values);
/// Reads the same from the kernel, by ioctl. Returns nullopt also if the link has no statistics or
/// is gone.
[[nodiscard]] std::optional<VfTraffic> read_vf_traffic(const std::string& link);

/// A network function on the PCI bus. Source: /sys/bus/pci/devices.
struct PciFunction {
  std::string address;  ///< "0001:00:02.0"
  std::string vendor;   ///< "0x15b3"
  std::string driver;   ///< empty: no driver is bound
};
/// Reads the functions of PCI class 02, network controllers. Returns none if there is no PCI bus.
[[nodiscard]] std::vector<PciFunction> read_network_functions(const Root& root);
/// Returns the PCI address of a link's function, or "" if it is not on a PCI bus.
[[nodiscard]] std::string read_pci_address(const Root& root, const std::string& link);

/// The input of check_acceleration().
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
  std::string vf = {};      ///< name of the VF; empty: it has none
  std::string driver = {};  ///< of the VF
  std::string pci = {};     ///< address of the VF
  bool enslaved = false;
  std::optional<VfTraffic> traffic = {};
  std::string why = {};  ///< a sentence
};

struct AccelerationReport {
  std::vector<Acceleration> links = {};  ///< one for each synthetic link, in their order
  std::vector<std::string> faults = {};  ///< a sentence each
};

/// Checks each synthetic link, and finds VFs that belong to none and functions without a driver.
/// Pure.
[[nodiscard]] AccelerationReport check_acceleration(const AccelerationFacts& facts);

}  // namespace azl::net
