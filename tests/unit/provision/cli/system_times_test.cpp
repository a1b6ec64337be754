#include "provision/cli/system_times.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <systemd/sd-bus.h>

#include "tests/unit/fake_service.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

/// Answers Get of org.freedesktop.DBus.Properties from a table of "OBJECT PROPERTY"; 0 for all
/// else, as systemd does for a unit that it does not know.
test::FakeService systemd_with(std::map<std::string, std::uint64_t> times) {
  return test::FakeService([times = std::move(times)](sd_bus_message* call) {
    if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get") <= 0)
      return 0;
    const char* interface = nullptr;
    const char* name = nullptr;
    if (const int r = sd_bus_message_read(call, "ss", &interface, &name); r < 0) return r;
    const std::string path = sd_bus_message_get_path(call);
    const auto found = times.find(path.substr(path.rfind('/') + 1) + " " + name);
    const std::uint64_t time = found == times.end() ? 0 : found->second;
    return sd_bus_reply_method_return(call, "v", "t", time);
  });
}

TEST_CASE("systemd is asked for the boot's phases and for the units that it started") {
  const auto systemd = systemd_with({
      {"systemd1 InitRDTimestampMonotonic", 500},
      {"systemd1 UserspaceTimestampMonotonic", 1'000},
      {"ssh_2eservice InactiveExitTimestampMonotonic", 2'000},
      {"ssh_2eservice ActiveEnterTimestampMonotonic", 2'500},
      {"multi_2duser_2etarget ActiveEnterTimestampMonotonic", 3'000},
  });
  const SystemClock clock;
  const auto times = ask_system_times(Deadline(clock, 10s), systemd.address());
  if (!times) FAIL(times.error().to_string());
  CHECK(times->initrd == 500);
  CHECK(times->userspace == 1'000);
  REQUIRE(times->units.size() == 2);
  CHECK(times->units[0] == UnitTimes{.unit = "ssh.service", .started = 2'000, .active = 2'500});
  CHECK(times->units[1] == UnitTimes{.unit = "multi-user.target", .started = {}, .active = 3'000});
}

TEST_CASE("a boot without an initrd has no time for it") {
  const auto systemd = systemd_with({{"systemd1 UserspaceTimestampMonotonic", 1'000}});
  const SystemClock clock;
  const auto times = ask_system_times(Deadline(clock, 10s), systemd.address());
  REQUIRE(times);
  CHECK_FALSE(times->initrd);
  CHECK(times->units.empty());
}

TEST_CASE("a bus that is not there, and a systemd that refuses, are errors") {
  const SystemClock clock;
  const auto absent = ask_system_times(Deadline(clock, 10s), "unix:path=/nonexistent/bus");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().to_string().starts_with("asking systemd for the times of this boot: "));
  const test::FakeService refusing([](sd_bus_message* call) {
    return sd_bus_reply_method_errorf(call, "org.freedesktop.DBus.Error.AccessDenied", "no");
  });
  const auto refused = ask_system_times(Deadline(clock, 10s), refusing.address());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().to_string().find("AccessDenied: no") != std::string::npos);
}

}  // namespace
}  // namespace azl::provision
