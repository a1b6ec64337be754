// The network's part of the plan: turns Facts into the input of net/network_plan.h.
#pragma once

#include <string>
#include <vector>

#include "imds/instance.h"
#include "net/network_plan.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/plan.h"

namespace azl::provision {

/// Converts IMDS's interfaces for the network's plan. Leaves out each address that no NIC can have,
/// and adds a sentence about it to `notes`. Pure.
[[nodiscard]] std::vector<net::ListedInterface> listed_interfaces(const imds::Instance& instance,
                                                                  std::vector<std::string>& notes);

/// Returns the input of net::plan_network(): the links, and what IMDS lists for them now or has
/// listed on an earlier boot. Adds to `notes` as listed_interfaces() does. Pure.
[[nodiscard]] net::NetworkFacts network_facts(const Facts& facts, const Config& config,
                                              std::vector<std::string>& notes);

/// Fills `plan.network`, unless no link is known. Adds each inconsistency to the plan's findings as
/// a note, and as degraded that the primary of several NICs is not known. Pure.
void decide_network(const Facts& facts, const Config& config, Plan& plan);

}  // namespace azl::provision
