// The steps that put the NICs' .network files in place, at the first boot and when a NIC came or
// went since.
#pragma once

#include <string>

#include "net/tuning.h"
#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"

namespace azl::provision {

/// Has udev's rule start a run of stage link for each NIC that comes or goes from now on (live
/// only): to be called before the main stage looks which there are, so that each is seen by one or
/// by both.
void announce_link_look(const Root& root);

/// Compares the links in /sys and what is remembered with the files: without the network, in well
/// under a millisecond, so that a boot without news ends at once. Of a VM that this agent
/// has not provisioned there is none.
[[nodiscard]] NetworkNews look_for_network_news(const Root& root, const Config& config,
                                                const State& state);

/// In the local stage of a later boot, before networkd: writes what follows from what is remembered
/// (Files=run, or a changed configuration). Removes nothing: a NIC may come late.
[[nodiscard]] Result<Said> write_remembered_files(Boot& boot);
/// In the local stage of every boot, where [Network] asks for it: tunes the links that are there,
/// and has udev tune those that come later (live only). What a link does not take is a note.
[[nodiscard]] Result<Said> tune_links(Boot& boot);
/// What udev asks for: tunes one link, by its ifindex. Returns what changed and what was refused.
/// Errors: kInvalidInput when there is no such link, kIo.
[[nodiscard]] Result<net::Tuned> tune_late_link(const Root& root, int index);
/// In the main stage of a later boot: leaves the news to azl-provision-link@.service, for which no
/// login waits (live only).
[[nodiscard]] Result<Said> leave_to_link_stage(Boot& boot);
/// In the link stage: waits for the primary's lease, where IMDS is to be asked.
[[nodiscard]] Result<Said> wait_for_link_lease(Boot& boot);
/// In the link stage: asks IMDS, where there is a NIC of which it has not said anything.
[[nodiscard]] Result<Said> ask_for_links(Boot& boot);
/// Writes the files that differ, removes those of ours that are not called for, lets networkd read
/// them anew (live only), and remembers what they follow from. What can't be done for one NIC is
/// degraded, and the others are configured all the same.
[[nodiscard]] Result<Said> configure_network(Boot& boot);

}  // namespace azl::provision
