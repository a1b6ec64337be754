// Runs a user's script.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/root.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/program.h"

namespace azl::provision::custom_data {

/// Runs a script in the live system and waits for its end, as program.h has it. The script's file
/// has mode 0700 and is removed afterwards. If the file system of kScriptDirectory forbids
/// execution, the interpreter of the "#!" line is run with the file.
///
/// Errors: kCustomData if the script cannot be started; kIo, kDiskFull, kReadOnly if its file
/// cannot be written; those of before_start.
[[nodiscard]] Result<ProgramEnd> run_script(const Root& root, const RunScript& script,
                                            OutputLog& log, const ProgramRun& run);

/// Runs a file of the system in the same way. `path` is one of `root`. Errors: kCustomData if it
/// cannot be started; kIo if it cannot be read; those of before_start.
[[nodiscard]] Result<ProgramEnd> run_file(const Root& root, const std::string& path, OutputLog& log,
                                          const ProgramRun& run);

}  // namespace azl::provision::custom_data
