// Reads what the kernel shows below /sys.
//
//   const auto mac = read_attribute(root, "/sys/class/net/eth0/address");        // "00:0d:3a:…"
//   const auto driver = read_link_name(root, "/sys/class/net/eth0/device/driver");  // "hv_netvsc"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl {

/// Returns an attribute without white space at both ends. Returns "" if it does not exist, cannot
/// be read (some cannot while their device is down), is longer than a page, or its device is gone.
[[nodiscard]] std::string read_attribute(const Root& root, std::string_view path);
/// Returns the number in an attribute, decimal ("2") or hexadecimal ("0x1003"). Returns nullopt if
/// read_attribute() would return anything else.
[[nodiscard]] std::optional<std::uint64_t> read_number(const Root& root, std::string_view path);
/// Returns the last component of a symbolic link's target: the name of a device's driver, for
/// example. Returns "" if `path` is not a symbolic link.
[[nodiscard]] std::string read_link_name(const Root& root, std::string_view path);

/// Parses a decimal number without a sign, from 0 to 2^64 - 1. Returns nullopt if `text` has any
/// other character.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace azl
