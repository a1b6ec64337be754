#include "net/networkd.h"

#include <systemd/sd-bus.h>

#include "net/bus.h"

namespace azl::net {

namespace {

/// Calls a method that returns no value, on a connection of its own.
Result<void> call_service(const BusMethod& method,
                          const std::function<int(sd_bus_message*)>& append,
                          const Deadline& deadline, const std::string& bus_address) {
  const auto bus = OR_RETURN(open_bus(bus_address));
  OR_RETURN(call_method(bus.get(), method, append, deadline));
  return {};
}

}  // namespace

Result<void> reconfigure_link(int link, const Deadline& deadline, const std::string& bus_address) {
  constexpr BusMethod kReconfigure = {"org.freedesktop.network1", "/org/freedesktop/network1",
                                      "org.freedesktop.network1.Manager", "ReconfigureLink"};
  OR_RETURN(call_service(
                kReconfigure,
                [&](sd_bus_message* call) { return sd_bus_message_append(call, "i", link); },
                deadline, bus_address),
            "asking systemd-networkd to reconfigure link " + std::to_string(link));
  return {};
}

Result<void> reload_networkd(const Deadline& deadline, const std::string& bus_address) {
  constexpr BusMethod kReload = {"org.freedesktop.network1", "/org/freedesktop/network1",
                                 "org.freedesktop.network1.Manager", "Reload"};
  constexpr int kNoStart = 0;
  OR_RETURN(call_service(
                kReload,
                [](sd_bus_message* call) { return sd_bus_message_set_auto_start(call, kNoStart); },
                deadline, bus_address),
            "asking systemd-networkd to reload its files");
  return {};
}

Result<void> set_transient_hostname(const std::string& name, const Deadline& deadline,
                                    const std::string& bus_address) {
  constexpr BusMethod kSetHostname = {"org.freedesktop.hostname1", "/org/freedesktop/hostname1",
                                      "org.freedesktop.hostname1", "SetHostname"};
  constexpr int kNotInteractive = 0;
  OR_RETURN(call_service(
                kSetHostname,
                [&](sd_bus_message* call) {
                  return sd_bus_message_append(call, "sb", name.c_str(), kNotInteractive);
                },
                deadline, bus_address),
            "asking systemd-hostnamed to set the host name");
  return {};
}

}  // namespace azl::net
