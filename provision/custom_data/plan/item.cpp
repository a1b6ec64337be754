#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

std::string_view to_string(ItemPhase phase) {
  return phase == ItemPhase::kEarly ? "early" : "final";
}

std::string_view to_string(ItemRepeat repeat) {
  return repeat == ItemRepeat::kOnce ? "once" : "each-boot";
}

}  // namespace azl::provision::custom_data
