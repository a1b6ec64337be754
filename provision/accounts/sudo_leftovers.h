// Rules that other provisioning agents left in /etc/sudoers.d for the admin user.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/sudo_rules.h"
#include "provision/accounts/sudoers.h"

namespace azl::provision {

/// A file in which another agent keeps the rule of the admin user.
struct AgentSudoers {
  std::string_view path;
  std::string_view agent;
};

/// A sudoers text without some lines.
struct PrunedSudoers {
  std::string text;
  std::vector<std::string> removed;  ///< the lines that are gone, without white space around them
  bool has_rules = false;            ///< something else than comments and blank lines is left
};

/// Returns the text of an agent's file without the rules that the agent wrote for `user`
/// (parse_agent_rule) and that give another access than `rule`. Keeps every other line, byte for
/// byte. Returns nullopt if there is no such rule. Pure.
[[nodiscard]] std::optional<PrunedSudoers> prune_agent_sudoers(std::string_view text,
                                                               std::string_view user,
                                                               SudoRule rule);

/// Removes such rules from the files of WALinuxAgent, cloud-init and azure-init. Removes a file in
/// which no rule is left. `visudo -c -f -` checks each new text before it is written. Returns a
/// sentence for each file that was changed. Errors: kSudoers, with the file; kDiskFull, kReadOnly,
/// kToolMissing. Files before the one at fault are changed.
[[nodiscard]] Result<std::vector<std::string>> remove_agent_rules(const Root& root,
                                                                  Processes& processes,
                                                                  std::string_view user,
                                                                  SudoRule rule,
                                                                  const Deadline& deadline);

}  // namespace azl::provision
