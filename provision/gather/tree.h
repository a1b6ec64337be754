// What the tree itself says: accounts, shells, host name, machine id, and which services are
// enabled.
#pragma once

#include <string>
#include <string_view>

#include "base/root.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"

namespace azl::provision {

/// The first line of a small file without white space around it. Empty if the file cannot be read.
[[nodiscard]] std::string read_first_line(const Root& root, std::string_view path);

/// Whether a .wants or .requires directory below `directory` links to a unit that exists.
[[nodiscard]] bool has_link_to_unit(const Root& root, const std::string& directory,
                                    const std::string& unit);

/// Whether systemd would start a unit: a .wants or .requires directory links to it, the unit
/// exists, and it is not masked.
[[nodiscard]] bool is_unit_enabled(const Root& root, const std::string& unit);

/// The kernel's command line. Empty if it cannot be read, or if it is longer than 64 KiB.
[[nodiscard]] std::string read_kernel_command_line(const Root& root);

/// Whether systemd-networkd is enabled or runs. If not, nobody reads its files.
[[nodiscard]] bool has_networkd(const Root& root);

/// Whether /etc/machine-id was written since the machine was started (/proc/stat): the image had
/// none, so systemd made one. False in a tree.
[[nodiscard]] bool has_new_machine_id(const Root& root);

/// Adds accounts, shells, host name, machine id, sshd, sudo and networkd to `facts`. After an
/// error, what could be read is there. Errors: kIo.
[[nodiscard]] Result<void> gather_tree(const Root& root, const Config& config, Facts& facts);

}  // namespace azl::provision
