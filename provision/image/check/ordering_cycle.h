// Reads what systemd says about ordering cycles. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

/// Returns the units of each ordering cycle in the output of `systemd-analyze verify`, in the order
/// in which systemd prints them. Ignores all other lines. At most 20 cycles with 100 units each.
[[nodiscard]] std::vector<std::vector<std::string>> parse_ordering_cycles(std::string_view output);

}  // namespace azl::provision
