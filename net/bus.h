// Calls over D-Bus within a deadline.
//
// `address` is in D-Bus's syntax ("unix:path=…"); empty: the system bus. Errors: kIo with D-Bus's
// message, kTimeout.
#pragma once

#include <functional>
#include <string>

#include <systemd/sd-bus.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"

namespace azl::net {

using Bus = Handle<sd_bus, sd_bus_close_unref>;  // closed first: queued messages hold references
using BusMessage = Handle<sd_bus_message, sd_bus_message_unref>;

/// Opens the bus at `address`. Does not wait until it is connected; call_method() does that within
/// its deadline.
[[nodiscard]] Result<Bus> open_bus(const std::string& address);

/// A service and one of its methods.
struct BusMethod {
  const char* service;
  const char* path;
  const char* interface;
  const char* name;
};

/// Calls a method, and returns the answer. `append` adds the arguments, and returns a negative
/// errno if it cannot.
[[nodiscard]] Result<BusMessage> call_method(sd_bus* bus, const BusMethod& method,
                                             const std::function<int(sd_bus_message*)>& append,
                                             const Deadline& deadline);

/// Returns the failure of a function of sd-bus, which returned this.
[[nodiscard]] std::unexpected<Error> fail_bus(int negative_errno, std::string what);

}  // namespace azl::net
