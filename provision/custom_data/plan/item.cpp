#include "provision/custom_data/plan/item.h"

#include <utility>

namespace azl::provision::custom_data {

std::string_view to_string(ItemPhase phase) {
  return phase == ItemPhase::kEarly ? "early" : "final";
}

std::string_view to_string(ItemRepeat repeat) {
  return repeat == ItemRepeat::kOnce ? "once" : "each-boot";
}

std::string_view to_string(PowerMode mode) {
  switch (mode) {
    case PowerMode::kReboot:
      return "reboot";
    case PowerMode::kPoweroff:
      return "poweroff";
    case PowerMode::kHalt:
      return "halt";
  }
  std::unreachable();
}

}  // namespace azl::provision::custom_data
