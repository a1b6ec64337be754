// Calls systemd-networkd and systemd-hostnamed over D-Bus.
//
// `bus_address` is in D-Bus's syntax ("unix:path=…"); empty: the system bus. Each function returns
// when the service has accepted the call. Errors: kIo with D-Bus's message, kTimeout.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace azl::net {

/// org.freedesktop.network1.Manager.ReconfigureLink(ifindex): networkd starts DHCP again and sends
/// the new host name. `link` is an ifindex. The lease comes later.
[[nodiscard]] Result<void> reconfigure_link(int link, const Deadline& deadline,
                                            const std::string& bus_address = {});

/// org.freedesktop.network1.Manager.Reload(): networkd reads its files again and reconfigures only
/// the links whose .network file is new, changed or gone (networkctl(1), "reload"). The other links
/// keep their leases. The call does not start networkd if it does not run.
[[nodiscard]] Result<void> reload_networkd(const Deadline& deadline,
                                           const std::string& bus_address = {});

/// org.freedesktop.hostname1.SetHostname(name, false): sets the kernel's host name and tells it to
/// networkd. networkd sends the name that hostnamed told it last in DHCP requests, so without this
/// call it would go on sending the old one.
[[nodiscard]] Result<void> set_transient_hostname(const std::string& name, const Deadline& deadline,
                                                  const std::string& bus_address = {});

}  // namespace azl::net
