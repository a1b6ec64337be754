#include "provision/gather/udev.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSettle = 20s;  // for udev to load the drivers of what is there at boot

}  // namespace

std::string settle_devices(Processes& processes, Clock& clock) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kSettle).count();
  // Longer than udevadm's own limit, so that udevadm reports the time-out.
  const auto settled =
      processes.run({.argv = {"udevadm", "settle", "--timeout=" + std::to_string(seconds)}},
                    Deadline(clock, kSettle + 1s));
  return settled ? "after udev had settled"
                 : "although udev had not settled: " + settled.error().to_string();
}

}  // namespace azl::provision
