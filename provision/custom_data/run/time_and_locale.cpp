#include "provision/custom_data/run/time_and_locale.h"

#include "provision/apply/tool_time.h"

namespace azl::provision::custom_data {

Result<std::string> set_time_zone(const SystemRun& run, const SetTimeZone& item) {
  const auto set = run.context.machine.processes.run(
      {.argv = {"timedatectl", "--no-ask-password", "set-timezone", item.zone}},
      run.context.within(kToolTime));
  if (set) return "the time zone is " + item.zone;
  return fail(Cause::kCustomDataTimeZone,
              "could not set the time zone to " + item.zone + ": " + set.error().to_string());
}

Result<std::string> set_locale(const SystemRun& run, const SetLocale& item) {
  const auto set = run.context.machine.processes.run(
      {.argv = {"localectl", "--no-ask-password", "set-locale", "LANG=" + item.name}},
      run.context.within(kToolTime));
  if (set) return "the locale is " + item.name;
  return fail(Cause::kCustomDataLocale,
              "could not set the locale to " + item.name + ": " + set.error().to_string());
}

}  // namespace azl::provision::custom_data
