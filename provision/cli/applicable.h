// Which commands make sense in WSL, which is not an Azure VM.
#pragma once

#include <optional>
#include <string>

#include "provision/cli/options.h"

namespace azl::provision {

/// What a command does in WSL.
enum class InWsl {
  kUsable,        ///< the same as elsewhere: it reads files, which may be meant for a VM
  kSaysSo,        ///< says in its own formats that the agent is not applicable
  kNothingToDo,   ///< says so and succeeds: what it would change is not here
  kNothingToTell  ///< says so and exits with kExitNotHere: what it would print is not known here
};

/// The rule for a command, and the tree that decides whether this is WSL.
struct WslRule {
  InWsl what = InWsl::kUsable;
  std::string root = "/";
};
/// Pure. A new command does not compile without a rule.
[[nodiscard]] WslRule wsl_rule(const Options& options);

/// In WSL, says that the command is not applicable, and returns the exit status. Returns nullopt if
/// the command is to run, as everywhere else.
[[nodiscard]] std::optional<int> end_in_wsl(const Options& options);

}  // namespace azl::provision
