// Whether this agent acts on this machine at all.
#pragma once

#include <string>

#include "base/root.h"
#include "imds/identity.h"
#include "provision/record/words.h"

namespace azl::provision {

struct Gate {
  bool open = false;
  int exit_status = kExitNotHere;  ///< if it is closed
  std::string why;                 ///< a sentence, if it is closed
  bool sees_firmware = true;       ///< false: the tree is a disk that was taken from its VM
  imds::Identity identity;
  std::string kernel_command_line;  ///< of the machine or tree; empty: it cannot be read
};

/// Opens on Azure, unless the agent is switched off or another one is enabled. Changes nothing. On
/// WSL the agent is not applicable: closed, with status 0.
[[nodiscard]] Gate check_gate(const Root& root);

/// Says why the agent is not applicable on an identity of WSL.
[[nodiscard]] std::string describe_wsl(const imds::Identity& identity);

}  // namespace azl::provision
