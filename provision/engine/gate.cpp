#include "provision/engine/gate.h"

#include <string_view>
#include <utility>

#include "provision/gather/other_agents.h"
#include "provision/gather/tree.h"

namespace azl::provision {
namespace {

constexpr std::string_view kFirmware = "/sys/class/dmi/id";

}  // namespace

Gate check_gate(const Root& root) {
  Gate gate;
  gate.identity = imds::identify(imds::read_identity_facts(root));
  gate.kernel_command_line = read_kernel_command_line(root);
  if (gate.identity.platform == imds::Platform::kWsl) {
    gate.exit_status = kExitDone;
    gate.why = describe_wsl(gate.identity);
  } else if (gate.identity.platform == imds::Platform::kOther && !root.live() &&
             !root.exists(kFirmware)) {
    gate.sees_firmware = false;
    gate.why = "cannot see the firmware of this disk's VM: there is no " + std::string(kFirmware) +
               " in " + root.directory();
  } else if (gate.identity.platform != imds::Platform::kAzure) {
    gate.why = "nothing to do: " + gate.identity.why;
  } else if (auto off = find_off_switch(root, gate.kernel_command_line); !off.empty()) {
    gate.why = std::move(off);
  } else if (auto rival = find_rival(root, gate.kernel_command_line); !rival.empty()) {
    gate.why = std::move(rival);
  } else {
    gate.open = true;
  }
  return gate;
}

std::string describe_wsl(const imds::Identity& identity) {
  return "not applicable here: " + identity.why;
}

}  // namespace azl::provision
