// The network's part of the Plan: from Facts to what net/network_plan.h decides.
#pragma once

#include <string>
#include <vector>

#include "provision/plan/plan.h"

namespace azl::provision {

/// IMDS's interfaces as the network's plan takes them. An address that no NIC can have is left out,
/// and `notes` gets a sentence. Pure.
[[nodiscard]] std::vector<net::ListedInterface> listed_interfaces(const imds::Instance& instance,
                                                                  std::vector<std::string>& notes);

/// What the network's plan rests on: the links, and what IMDS says of them or said on an earlier
/// boot. Pure.
[[nodiscard]] net::NetworkFacts network_facts(const Facts& facts, const Config& config,
                                              std::vector<std::string>& notes);

/// Fills `plan.network`. What does not fit together is a note among the plan's findings; that the
/// primary among several NICs is not known is degraded. Nothing is decided where no link is known.
/// Pure.
void decide_network(const Facts& facts, const Config& config, Plan& plan);

}  // namespace azl::provision
