#include "provision/apply/machine_id.h"

#include <array>
#include <string>

#include <systemd/sd-id128.h>

namespace azl::provision {
namespace {

Result<std::string> make_machine_id() {
  sd_id128_t id;
  if (const int result = ::sd_id128_randomize(&id); result < 0)
    return fail_errno(-result, "drawing a machine id", Reason::kMachineId);
  std::array<char, SD_ID128_STRING_MAX> text{};
  return std::string(::sd_id128_to_string(id, text.data()));
}

}  // namespace

StepResult renew_machine_id(const Context& context, const Choice& planned, Provisioning& progress) {
  if (!planned.yes) return skipped(planned.why);
  const auto id = OR_RETURN(make_machine_id());
  OR_RETURN(context.root().write("/etc/machine-id", id + "\n", {.mode = 0444}));
  progress.machine_id = id;
  return done(planned.why);
}

}  // namespace azl::provision
