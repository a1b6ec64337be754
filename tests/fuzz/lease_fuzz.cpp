// Parses any bytes as networkd's lease. Each address in the result must be a valid one.
#include <cstddef>
#include <cstdint>
#include <string>

#include <arpa/inet.h>

#include "net/lease.h"
#include "tests/fuzz/require.h"

using azl::fuzz::require;

namespace {

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return text.find('\0') == std::string::npos && inet_pton(AF_INET, text.c_str(), &address) == 1;
}

/// The WireServer must be another host: not this host, and not a group of hosts.
void check_wireserver(const std::string& text) {
  in_addr address{};
  require(inet_pton(AF_INET, text.c_str(), &address) == 1, "the WireServer is an IPv4 address");
  const auto first = ntohl(address.s_addr) >> 24U;
  require(first != 0 && first != 127 && first < 224, "the WireServer may be a host");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lease = azl::net::parse_lease(azl::fuzz::text_of(data, size));
  require(lease.address.empty() || is_ipv4(lease.address), "an address is an IPv4 address");
  require(lease.server.empty() || is_ipv4(lease.server), "a server is an IPv4 address");
  if (lease.wireserver) check_wireserver(*lease.wireserver);
  return 0;
}
