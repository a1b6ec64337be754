// Reads the network links, and waits for the primary one's lease.
#pragma once

#include <string>

#include "base/root.h"
#include "provision/gather/facts.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Makes udev's rule start stage link for each NIC that comes or goes from now on (live only).
/// Called before the main stage looks at the links, so that each NIC is seen by one of them or by
/// both.
void announce_link_look(const Root& root);

/// Reads the links without waiting: a tree's from its /sys. Keeps links that are in `facts` already
/// (--links). Sets the primary only if it is certain. Errors: kIo.
[[nodiscard]] Result<void> read_links(const Context& context, Facts& facts, Recorder& recorder);

/// Waits for the primary link's lease, for [Network] LeaseTimeout= at most (live only).
[[nodiscard]] StepResult wait_for_lease(const Context& context, Facts& facts, Recorder& recorder);

/// Looks at the links once more, after virtual functions have had time to come, and records what of
/// the NICs is accelerated (live only). What is wrong with one link is a note.
[[nodiscard]] StepResult look_at_acceleration(const Context& context, Facts& facts,
                                              Recorder& recorder);

/// Where the WireServer is: [Platform] WireServerUrl=, else DHCP option 245 of the primary's lease,
/// else Azure's own address. For a root tree only --wireserver-url: nobody else is told about it.
[[nodiscard]] std::string find_wireserver(const Context& context, const Facts& facts);

}  // namespace azl::provision
