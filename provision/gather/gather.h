// The steps that find out: media, lease, IMDS; and the one that decides.
#pragma once

#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"

namespace azl::provision {

/// Waits, for 20 s at most, until udev is done with what was there when the machine started, so
/// that a drive whose driver was still to be loaded is there. How that went, in words: that it
/// failed is no error, for the look at the drives tells what matters.
[[nodiscard]] std::string settle_devices(Processes& processes, Clock& clock);
/// Reads ovf-env.xml from --media, or from the provisioning DVD. A live machine that shows none is
/// looked at again when its devices have settled.
[[nodiscard]] Result<Said> look_for_media(Boot& boot);
/// Sets where the WireServer is, by the configuration, else by the lease if there is one yet.
void choose_wireserver(Boot& boot);
/// Reads the links, of a tree those in its /sys, without waiting for anything; what is there
/// already
/// (--links) stays. Errors: kIo.
[[nodiscard]] Result<void> read_links(Boot& boot);
/// Looks at the links once more, when virtual functions have had time to come: what the report
/// shows of accelerated networking. What is wrong with one is a note. Live only.
[[nodiscard]] Result<Said> look_at_acceleration(Boot& boot);
/// Waits for the primary link (live only) and learns the WireServer's address from its lease.
[[nodiscard]] Result<Said> wait_for_lease(Boot& boot);
/// Where the media says ProvisionGuestProxyAgent=true: `azure-proxy-agent --status --wait 120`
/// (live only).
[[nodiscard]] Result<Said> wait_for_proxy_agent(Boot& boot);
/// Fetches the instance document. Without a lease it is not asked.
[[nodiscard]] Result<Said> ask_imds(Boot& boot);
/// Looks for media again: for [Platform] MediaTimeout= where IMDS says hasCustomData=true and there
/// is none yet, once where IMDS gave nothing.
[[nodiscard]] Result<Said> wait_for_media(Boot& boot);
/// Reads what the tree says, makes the plan, and marks that this VM's provisioning has begun. Fatal
/// findings are its error.
[[nodiscard]] Result<Said> decide(Boot& boot);
/// In the close stage: the main stage was killed. Always an error, kInterrupted, that says where.
[[nodiscard]] Result<Said> note_interruption(Boot& boot);

}  // namespace azl::provision
