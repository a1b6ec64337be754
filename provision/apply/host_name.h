// Sets the host name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "provision/gather/facts.h"
#include "provision/plan/host_name.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// In the local stage: sets the media's host name, so that the first DHCP request carries it.
[[nodiscard]] StepResult set_early_host_name(const Context& context, const Facts& facts,
                                             Provisioning& progress, Recorder& recorder);
/// In the main stage and those of custom data: sets the planned host name and has networkd announce
/// it by DHCP. `primary_link`: the ifindex of the primary link, if the machine has one.
[[nodiscard]] StepResult set_host_name(const Context& context, std::optional<int> primary_link,
                                       const std::optional<PlannedHostName>& planned,
                                       Provisioning& progress, Recorder& recorder);

/// How our line in /etc/hosts ends.
inline constexpr std::string_view kHostsMark = "  # azl-provision";
/// The text of /etc/hosts with our line for `host_name`: in the place of an earlier one, else at
/// the end. Pure.
[[nodiscard]] std::string hosts_with(std::string_view present, std::string_view host_name);

}  // namespace azl::provision
