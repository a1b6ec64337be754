// Writes the NICs' .network files, at the first boot and when a NIC came or went since.
#pragma once

#include <string>

#include "provision/gather/facts.h"
#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// What has changed in the network of a VM since its files were written on an earlier boot.
struct NetworkNews {
  std::string why = {};  ///< a sentence; empty: nothing has changed
  bool ask = false;      ///< there is a NIC that IMDS has not listed yet
  bool write = false;    ///< a file that follows from what is remembered is missing or differs
  [[nodiscard]] bool any() const { return !why.empty(); }
};

/// Compares the links in /sys and what is remembered with the files. Asks nobody and takes less
/// than a millisecond, so that a boot without news ends at once. A NIC that is missing is news only
/// if udev has no events to handle. Returns no news for a VM that this agent has not provisioned.
[[nodiscard]] NetworkNews look_for_network_news(const Root& root, const Config& config,
                                                const State& state);

/// In the local stage of a later boot, before networkd: writes what follows from what is remembered
/// ([Network] Files=run, or a changed configuration). Removes nothing, because a NIC may come late.
[[nodiscard]] StepResult write_remembered_files(const Context& context, Recorder& recorder);

/// In the main stage: starts azl-provision-link@.service for NICs that came or went, so that no
/// login waits for them (live only). `why`: a sentence about them.
[[nodiscard]] StepResult start_link_stage(const Context& context, const std::string& why);

/// Writes the files that differ, removes those of ours that are no longer needed, has networkd read
/// them (live only), and remembers what they follow from. A failure for one NIC is degraded; the
/// others are configured all the same.
[[nodiscard]] StepResult configure_network(const Context& context, const Facts& facts,
                                           const net::NetworkPlan& plan, Recorder& recorder);

}  // namespace azl::provision
