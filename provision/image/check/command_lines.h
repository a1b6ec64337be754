// The kernel command lines in the configuration of a boot loader. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "provision/image/check/image_facts.h"

namespace azl::provision {

/// Values of a boot loader's variables.
using BootVariables = std::map<std::string, std::string, std::less<>>;

/// Reads NAME=VALUE lines: GRUB's environment block and /etc/default/grub, whose values may have
/// quotes.
[[nodiscard]] BootVariables parse_boot_variables(std::string_view text);

/// The lines "linux", "linux16" and "linuxefi" of a grub.cfg, with its own variables and those of
/// `known` replaced. Leaves out entries for rescue.
[[nodiscard]] std::vector<KernelCommandLine> parse_grub_config(const TextFile& file,
                                                               BootVariables known);

/// The options of a file of the Boot Loader Specification, all of its "options" lines. nullopt if
/// it has none.
[[nodiscard]] std::optional<KernelCommandLine> parse_boot_entry(const TextFile& file,
                                                                const BootVariables& known);

/// GRUB_CMDLINE_LINUX and GRUB_CMDLINE_LINUX_DEFAULT of /etc/default/grub. nullopt if it has
/// neither.
[[nodiscard]] std::optional<KernelCommandLine> parse_grub_defaults(
    const std::vector<TextFile>& files);

}  // namespace azl::provision
