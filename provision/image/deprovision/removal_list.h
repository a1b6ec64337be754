// The list of removals for people and for programs: docs/deprovision-schema.json.
#pragma once

#include <string>
#include <vector>

#include "provision/image/deprovision/carry_out.h"
#include "provision/image/deprovision/deprovision.h"

namespace azl::provision {

/// One run of deprovision.
struct RemovalReport {
  std::string root;  ///< "/" or the tree
  bool dry_run = false;
  std::vector<RemovalEnd> ends = {};     ///< of a dry run: without errors
  std::vector<std::string> unread = {};  ///< what could not be read, a sentence each
  [[nodiscard]] bool has_failed() const;
  [[nodiscard]] bool has_warnings() const;
  /// Of what was done; a dry run ends with 0.
  [[nodiscard]] int exit_status() const;
};

/// One line for each removal, such as "remove /etc/ssh/ssh_host_rsa_key: an SSH host key belongs to
/// one machine …".
[[nodiscard]] std::string describe_removals(const RemovalReport& report);
/// What was done, and what comes next: a sentence or more. Empty for a dry run.
[[nodiscard]] std::string describe_end(const RemovalReport& report);
[[nodiscard]] std::string to_json(const RemovalReport& report);

}  // namespace azl::provision
