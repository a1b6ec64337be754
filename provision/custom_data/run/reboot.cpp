#include "provision/custom_data/run/reboot.h"

#include <chrono>

namespace azl::provision::custom_data {

StepResult schedule_reboot(const Context& context) {
  using namespace std::chrono_literals;
  const Command command{
      .argv = {"shutdown", "-r", "+1", "azl-provision: the packages of custom data require it"}};
  OR_RETURN(context.machine.processes.run(command, context.within(30s)),
            "scheduling the reboot that the packages require");
  return done("the system reboots in a minute");
}

}  // namespace azl::provision::custom_data
