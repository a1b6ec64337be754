// How long the system's programs may take.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace azl::provision {

/// useradd, chpasswd, visudo, sshd -t: milliseconds, unless the disk stalls (remote disks stall for
/// up to 120 s).
inline constexpr Duration kToolTime = std::chrono::seconds(60);
/// ssh-keygen: an RSA key on a small and busy VM.
inline constexpr Duration kKeygenTime = std::chrono::seconds(120);

}  // namespace azl::provision
