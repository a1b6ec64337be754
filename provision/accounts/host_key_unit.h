// The distribution's own systemd unit that makes SSH host keys.
#pragma once

#include <string>
#include <vector>

#include "base/root.h"

namespace azl::provision {

/// Returns the unit of the distribution that makes host keys: "sshd-keygen@.service" (Fedora, Azure
/// Linux; one instance for each type) or "sshd-keygen.service" (SUSE). Returns "" if the tree has
/// none or it is masked. Returns "" for a unit with ConditionFirstBoot= too (Debian 13): on Azure
/// it would succeed without making keys.
[[nodiscard]] std::string find_host_key_unit(const Root& root);

/// Returns the units to start for these key types: an instance for each type if `unit` is a
/// template, otherwise `unit` alone.
[[nodiscard]] std::vector<std::string> host_key_units(const std::string& unit,
                                                      const std::vector<std::string>& types);

}  // namespace azl::provision
