// Carries out the items of timezone and locale.
#pragma once

#include <string>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/system_run.h"

namespace azl::provision::custom_data {

/// Sets the time zone of the running system, and says what was done. Errors: kCustomDataTimeZone.
[[nodiscard]] Result<std::string> set_time_zone(const SystemRun& run, const SetTimeZone& item);

/// Sets the locale of the running system, and says what was done. Errors: kCustomDataLocale.
[[nodiscard]] Result<std::string> set_locale(const SystemRun& run, const SetLocale& item);

}  // namespace azl::provision::custom_data
