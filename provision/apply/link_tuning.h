// Tunes links: rings, transmit queues, packet steering.
#pragma once

#include "base/root.h"
#include "net/tuning.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// In the local stage of every boot, if [Network] asks for it: tunes the links that are there, and
/// has udev tune those that come later (live only). What a link refuses is a note.
[[nodiscard]] StepResult tune_links(const Context& context, Recorder& recorder);

/// For udev's rule: tunes the link with this ifindex. Returns what changed and what was refused.
/// Errors: kInvalidInput if there is no such link, kIo.
[[nodiscard]] Result<net::Tuned> tune_late_link(const Root& root, int index);

}  // namespace azl::provision
