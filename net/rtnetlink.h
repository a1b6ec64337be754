// Reads the kernel's links, addresses and routes by rtnetlink, and waits for them to change.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "net/link.h"
#include "net/primary.h"

namespace azl::net {

/// Reads the links, addresses and IPv4 routes of the calling thread's network namespace, and the
/// links' drivers from /sys below `root`. Does not wait: the kernel answers from memory. The result
/// holds `synthetic_drivers`, which has no default: without [Network] SyntheticDrivers= links would
/// get other roles. Errors: kIo.
[[nodiscard]] Result<NetworkState> read_network_state(const Root& root,
                                                      const SyntheticDrivers& synthetic_drivers);

/// Waits until find_primary() returns a primary. Returns a certain one at once. Returns an
/// uncertain one when it has been the best for `grace`, or at the deadline. Errors at the deadline:
/// kNoDhcpInterface if no link could bring a lease, kNoLease if there is one. Until then a link may
/// still be plugged in. Other errors: kIo.
[[nodiscard]] Result<Primary> wait_for_primary(const Root& root, Duration grace,
                                               const Deadline& deadline,
                                               const SyntheticDrivers& synthetic_drivers);

/// Calls `once`, which takes a dump, until the dump is complete; eight times at most. A dump is
/// incomplete if the kernel's lists changed under it (NLE_DUMP_INTR) or it did not fit into the
/// socket (ENOBUFS, libnl's NLE_NOMEM). `once` returns 0 or libnl's negative error, and so does
/// this function. Returns 0 if the lists changed under every dump: then the last one has to do.
[[nodiscard]] int repeat_dump(const std::function<int()>& once);

}  // namespace azl::net
