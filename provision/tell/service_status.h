// What a stage does now, for systemd: `systemctl status azl-provision` shows it.
#pragma once

#include <string>

#include "base/clock.h"
#include "provision/record/record.h"

namespace azl::provision {

/// The notification about the running step: STATUS=, and EXTEND_TIMEOUT_USEC= while the step waits
/// until a given time. The extension covers the rest of the wait and one minute for what follows.
/// It never shortens TimeoutStartSec=. sd_notify(3). `now_us` is the clock of waits_until_us.
/// Pure.
[[nodiscard]] std::string describe_service_status(const StageRecord& record, std::int64_t now_us);

/// Sends a notification, if systemd listens. Errors are ignored: it is a convenience.
void notify_service_manager(const std::string& notification);

}  // namespace azl::provision
