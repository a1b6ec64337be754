#include "net/lease.h"

#include <charconv>
#include <cstdint>

#include <arpa/inet.h>

#include "base/log.h"
#include "base/text.h"

namespace azl::net {

namespace {

/// Returns `text` if it is an IPv4 address, and "" otherwise.
std::string parse_address(std::string_view text) {
  const std::string copy(text);
  in_addr ignored{};
  // inet_pton would accept an address that is followed by a NUL and other bytes.
  if (copy.find('\0') != std::string::npos) return {};
  return inet_pton(AF_INET, copy.c_str(), &ignored) == 1 ? copy : std::string();
}

/// Whether the address can be that of another host. The lease comes over the network and may be
/// wrong: an address of this host, or of all hosts, is ignored.
bool could_be_host(std::uint32_t ip) {
  const std::uint32_t first = ip >> 24U;
  return first != 0 && first != 127 && first < 224;
}

std::optional<std::string> parse_wireserver(std::string_view hex) {
  constexpr std::size_t kDigits = 8;
  std::uint32_t ip = 0;
  if (hex.size() != kDigits) return std::nullopt;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), ip, 16);
  if (error != std::errc() || end != hex.data() + hex.size()) return std::nullopt;
  if (!could_be_host(ip)) return std::nullopt;
  return dotted_quad(ip);
}

}  // namespace

std::string dotted_quad(std::uint32_t ip) {
  return std::to_string(ip >> 24U) + "." + std::to_string(ip >> 16U & 0xFFU) + "." +
         std::to_string(ip >> 8U & 0xFFU) + "." + std::to_string(ip & 0xFFU);
}

Lease parse_lease(std::string_view text) {
  Lease lease;
  for (const std::string_view line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trim(line.substr(0, equals));
    const std::string_view value = trim(line.substr(equals + 1));
    if (key == "ADDRESS") lease.address = parse_address(value);
    if (key == "SERVER_ADDRESS") lease.server = parse_address(value);
    if (key == "OPTION_245") lease.wireserver = parse_wireserver(value);
  }
  return lease;
}

std::optional<Lease> read_lease(const Root& root, int link) {
  constexpr std::size_t kLimit = 64 << 10;
  const auto text = root.read("/run/systemd/netif/leases/" + std::to_string(link), kLimit);
  if (!text) return std::nullopt;
  auto lease = parse_lease(*text);
  AZL_LOG(kNet, kDebug,
          "lease of link " + std::to_string(link) + ": server '" + lease.server +
              "', WireServer '" + lease.wireserver.value_or("") + "'");
  return lease;
}

}  // namespace azl::net
