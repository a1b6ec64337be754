// Judges an image by what was found in it. Pure.
#pragma once

#include "provision/image/check/checks.h"
#include "provision/image/check/image_facts.h"

namespace azl::provision {

/// The units of azl-provision that are enabled, or that azl-provision.target wants.
struct AgentUnit {
  std::string_view name;
  bool enabled;    ///< the preset enables it
  bool essential;  ///< without it, the VM is not provisioned or the platform is not told
};
[[nodiscard]] std::span<const AgentUnit> agent_units();

/// A driver that VM sizes of Azure need.
struct Driver {
  std::string_view module;  ///< with '_'
  Check check;              ///< its finding if the kernel lacks it
};
[[nodiscard]] std::span<const Driver> azure_drivers();

/// Everything that would keep a VM of this image from provisioning, or surprise its users, in the
/// order of the table of checks; within a check by file and line.
[[nodiscard]] CheckFindings check_image(const ImageFacts& facts);

// One function for each group of checks. Each adds what it finds.
void check_agent(const ImageFacts& facts, CheckFindings& findings);
void check_network(const ImageFacts& facts, CheckFindings& findings);
void check_drivers(const ImageFacts& facts, CheckFindings& findings);
void check_boot(const ImageFacts& facts, CheckFindings& findings);
void check_fstab(const ImageFacts& facts, CheckFindings& findings);
void check_programs(const ImageFacts& facts, CheckFindings& findings);
void check_sshd(const ImageFacts& facts, CheckFindings& findings);
void check_accounts(const ImageFacts& facts, CheckFindings& findings);
void check_state(const ImageFacts& facts, CheckFindings& findings);

}  // namespace azl::provision
