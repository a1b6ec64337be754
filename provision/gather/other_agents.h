// Other provisioning agents: what they recorded, and whether they act on this boot too.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/root.h"
#include "provision/gather/facts.h"

namespace azl::provision {

/// WALinuxAgent's unit, as Azure Linux and as Debian name it.
inline constexpr std::array<std::string_view, 2> kWaagentUnits = {"waagent.service",
                                                                  "walinuxagent.service"};

/// What other agents' records say: /var/lib/cloud/data/instance-id, /var/lib/waagent/provisioned,
/// /var/lib/azure-init/ID.provisioned.
struct OtherRecords {
  std::optional<OtherAgent> of_this_vm;
  std::optional<OtherAgent> of_another_vm;
};
/// Returns neither if `vm_id` is empty.
[[nodiscard]] OtherRecords find_other_records(const Root& root, const std::string& vm_id);

/// Which other provisioning agent would act on this boot too, as a sentence; empty if there is
/// none. cloud-init counts if a unit link enables it, and neither /etc/cloud/cloud-init.disabled,
/// nor the kernel command line, nor a mask switches it off; azure-init likewise.
[[nodiscard]] std::string find_rival(const Root& root, const std::string& kernel_command_line);

/// Returns the word of a kernel command line that switches this agent off, such as
/// "azl-provision.provision=no", or an empty text. Pure.
[[nodiscard]] std::string find_off_word(const std::string& kernel_command_line);

/// What switches this agent off, as a sentence: azl-provision.provision=no on the kernel command
/// line, or /etc/azl-provision/disabled. Empty if nothing does.
[[nodiscard]] std::string find_off_switch(const Root& root, const std::string& kernel_command_line);

}  // namespace azl::provision
