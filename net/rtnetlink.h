// The kernel's links, addresses and routes, and waiting for them to change. libnl.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "net/link.h"

namespace azl::net {

/// One RTM_NEWLINK message, header included, as the kernel sends it. An attribute that is missing
/// or too short for its type counts as not there; one whose length lies ends the list of
/// attributes. The driver stays empty: it is sysfs that knows it. Errors: kInvalidInput when the
/// message is too small, is of another type, has no ifindex, or no name that could be a directory's
/// in sysfs.
[[nodiscard]] Result<Link> parse_link(std::span<const std::byte> message);
/// One RTM_NEWADDR message, likewise; empty for another family than IPv4 or without an address.
[[nodiscard]] Result<std::optional<Address>> parse_address(std::span<const std::byte> message);
/// The same for IPv6.
[[nodiscard]] Result<std::optional<Ipv6Address>> parse_ipv6_address(
    std::span<const std::byte> message);
/// One RTM_NEWROUTE message, likewise; empty for what is no IPv4 unicast route of the main table by
/// one link: other tables, multipath, cached clones, blackholes.
[[nodiscard]] Result<std::optional<Route>> parse_route(std::span<const std::byte> message);

/// Takes a dump again, eight times at most, where it is not whole: the kernel says that its lists
/// changed under it (NLE_DUMP_INTR), or that what it had to say did not fit into the socket
/// (ENOBUFS, libnl's NLE_NOMEM). `once` returns 0 or libnl's error, negative, and so does this; but
/// on a machine whose lists never rest the last dump has to do.
[[nodiscard]] int repeat_dump(const std::function<int()>& once);

/// One dump of links, addresses and IPv4 routes of the calling thread's network namespace;
/// drivers from /sys below `root`. Does not wait: the kernel answers from memory. Errors: kIo.
[[nodiscard]] Result<NetworkState> read_network_state(const Root& root,
                                                      const SyntheticDrivers& more = {});

/// Waits until there is a primary. A certain one ends the wait at once; another counts when it was
/// the best for `grace`, or when the deadline comes first: a guess then beats a failure. Subscribes
/// before it reads, so no change is missed. Errors: kNoDhcpInterface (at the deadline there is no
/// link that could bring a lease; until then one may still be plugged), kNoLease (there is one, and
/// it has none), kIo.
[[nodiscard]] Result<Primary> wait_for_primary(const Root& root, Duration grace,
                                               const Deadline& deadline,
                                               const SyntheticDrivers& more = {});

}  // namespace azl::net
