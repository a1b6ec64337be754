// Parses what rtnetlink tells of links, addresses and routes.
//
// Each function takes one message, with its header, as the kernel sends it. An attribute that is
// missing or too short for its type is ignored; one with an impossible length ends the list of
// attributes. Errors: kInvalidInput if the message is too small or of another type.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "net/link.h"

namespace azl::net {

/// Parses RTM_NEWLINK. Leaves the driver empty, since only sysfs knows it. Errors: also
/// kInvalidInput if the link has no ifindex, or no name that is_link_name() accepts.
[[nodiscard]] Result<Link> parse_link(std::span<const std::byte> message);

/// What a message tells of a link.
struct LinkChange {
  bool removed;  ///< RTM_DELLINK; false: RTM_NEWLINK, of a new link or of one that has changed
  Link link;     ///< without a driver, as parse_link() gives it
};
/// Parses a datagram of a socket that has joined RTNLGRP_LINK: one message or several. Skips
/// messages of other types, those of bridges about their ports, and those that parse_link() would
/// refuse. A message with an impossible length ends the list.
[[nodiscard]] std::vector<LinkChange> parse_link_changes(std::span<const std::byte> datagram);

/// Parses RTM_NEWADDR. Returns nullopt if the address is not an IPv4 one, or is missing.
[[nodiscard]] Result<std::optional<Address>> parse_address(std::span<const std::byte> message);
/// Parses RTM_NEWADDR. Returns nullopt if the address is not an IPv6 one, or is missing.
[[nodiscard]] Result<std::optional<Ipv6Address>> parse_ipv6_address(
    std::span<const std::byte> message);
/// Parses RTM_NEWROUTE. Returns nullopt unless it is an IPv4 unicast route of the main table over
/// one link: for another table, a multipath route, a cached clone or a blackhole.
[[nodiscard]] Result<std::optional<Route>> parse_route(std::span<const std::byte> message);

}  // namespace azl::net
