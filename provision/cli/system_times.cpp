#include "provision/cli/system_times.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include <systemd/sd-bus.h>

#include "net/bus.h"

namespace azl::provision {
namespace {

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";

/// A property of an object of systemd.
struct Property {
  const char* path;
  const char* interface;
  const char* name;
};

/// Returns a time in microseconds. nullopt: it is 0, which means that it was not reached.
Result<std::optional<std::int64_t>> ask_time(sd_bus* bus, const Property& property,
                                             const Deadline& deadline) {
  const net::BusMethod get{.service = kService,
                           .path = property.path,
                           .interface = "org.freedesktop.DBus.Properties",
                           .name = "Get"};
  const auto append = [&](sd_bus_message* call) {
    return sd_bus_message_append(call, "ss", property.interface, property.name);
  };
  const auto reply =
      OR_RETURN(net::call_method(bus, get, append, deadline), std::string(property.name));
  std::uint64_t time = 0;
  if (const int r = sd_bus_message_read(reply.get(), "v", "t", &time); r < 0)
    return net::fail_bus(r, std::string("reading ") + property.name);
  constexpr auto kLatest = std::uint64_t{1} << 52U;
  if (time == 0 || time > kLatest) return std::nullopt;
  return static_cast<std::int64_t>(time);
}

Result<UnitTimes> ask_unit(sd_bus* bus, std::string name, const Deadline& deadline) {
  char* raw = nullptr;
  if (const int r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", name.c_str(), &raw); r < 0)
    return net::fail_bus(r, "naming a unit");
  const std::unique_ptr<char, decltype(&std::free)> path(raw, &std::free);
  UnitTimes unit{.unit = std::move(name)};
  unit.started = OR_RETURN(ask_time(
      bus, {.path = raw, .interface = kUnit, .name = "InactiveExitTimestampMonotonic"}, deadline));
  unit.active = OR_RETURN(ask_time(
      bus, {.path = raw, .interface = kUnit, .name = "ActiveEnterTimestampMonotonic"}, deadline));
  return unit;
}

Result<SystemTimes> ask_all(const Deadline& deadline, const std::string& bus_address) {
  const auto bus = OR_RETURN(net::open_bus(bus_address));
  const auto ask_manager = [&](const char* name) {
    return ask_time(bus.get(), {.path = kManagerPath, .interface = kManager, .name = name},
                    deadline);
  };
  SystemTimes times;
  times.initrd = OR_RETURN(ask_manager("InitRDTimestampMonotonic"));
  times.userspace = OR_RETURN(ask_manager("UserspaceTimestampMonotonic"));
  for (const auto name : kShownUnits) {
    auto unit = OR_RETURN(ask_unit(bus.get(), std::string(name), deadline));
    if (unit.started || unit.active) times.units.push_back(std::move(unit));
  }
  return times;
}

}  // namespace

Result<SystemTimes> ask_system_times(const Deadline& deadline, const std::string& bus_address) {
  return OR_RETURN(ask_all(deadline, bus_address), "asking systemd for the times of this boot");
}

}  // namespace azl::provision
