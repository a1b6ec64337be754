// What is asked of systemd-networkd and systemd-hostnamed over D-Bus.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace azl::net {

/// org.freedesktop.network1.Manager.ReconfigureLink(ifindex): networkd starts DHCP anew, so that
/// the new host name is sent. `link` is an ifindex. `bus_address` (D-Bus's syntax, "unix:path=…"),
/// empty: the system bus. Returns when networkd took the request, not when there is a lease.
/// Errors: kIo with D-Bus's message, kTimeout.
[[nodiscard]] Result<void> reconfigure_link(int link, const Deadline& deadline,
                                            const std::string& bus_address = {});

/// org.freedesktop.network1.Manager.Reload(): networkd reads its files anew and reconfigures the
/// links whose .network file is new, changed or gone, and those alone (networkctl(1), "reload"):
/// the others keep their leases. networkd is not started for it. Returns when networkd took the
/// request. Errors: as reconfigure_link.
[[nodiscard]] Result<void> reload(const Deadline& deadline, const std::string& bus_address = {});

/// org.freedesktop.hostname1.SetHostname(name, false): sets the kernel's host name and lets
/// networkd know, which keeps the name that hostnamed last told it and would otherwise go on
/// sending the old one by DHCP. Errors: as reconfigure_link.
[[nodiscard]] Result<void> set_transient_hostname(const std::string& name, const Deadline& deadline,
                                                  const std::string& bus_address = {});

}  // namespace azl::net
