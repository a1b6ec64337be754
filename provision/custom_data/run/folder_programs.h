// Programs that an image brings along: /etc/azl-provision/scripts and /var/lib/cloud/scripts, each
// with the directories per-once, per-boot and per-instance. They need no custom data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "imds/identity.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/program.h"
#include "provision/custom_data/run/program_runs.h"
#include "provision/custom_data/run/stop_signal.h"
#include "provision/step/context.h"
#include "provision/step/result.h"

namespace azl::provision::custom_data {

struct FolderProgram {
  std::string path;       ///< in one of the directories
  std::string file = {};  ///< what is there, links resolved
  Frequency frequency = Frequency::kOnce;
  bool interrupted = false;  ///< it was begun and did not end
};
/// "run it on each boot".
[[nodiscard]] std::string describe(const FolderProgram& program);
/// An item with the program's place in the order of items.
[[nodiscard]] Item make_order_item(const FolderProgram& program);

struct FoundPrograms {
  std::vector<FolderProgram> due = {};     ///< in order
  std::vector<Error> refused = {};         ///< kProgramNotTrusted, or why none is due
  std::vector<Error> not_executable = {};  ///< kProgramNotExecutable
};

/// Whether there is anything in the directories, as the unit's conditions see it: neither hidden
/// files nor backups count.
[[nodiscard]] bool has_folders(const Root& root);

enum class WhichPrograms : std::uint8_t {
  kDue,
  kAll,  ///< those that were run, too
};

/// Finds the programs that are due, or all. A program has to be root's, and so has everything above
/// it and above the file that a link names; nobody else may write to them. A program in
/// cloud-init's directories counts as run if it was there when cloud-init ran them on this disk or
/// VM, by the semaphores in /var/lib/cloud. None is due if kProgramsFile cannot be read, or in the
/// live system while this VM is not provisioned.
[[nodiscard]] FoundPrograms find_programs(const Root& root, const imds::Identity& identity,
                                          WhichPrograms which = WhichPrograms::kDue);
/// Whether there is something to run or to tell.
[[nodiscard]] bool has_programs(const FoundPrograms& programs);

/// Runs a program as scripts of custom data are, and records in kProgramsFile that it began and
/// ended. In a root tree it stays due. Errors: kCustomData; those of the log and the record.
[[nodiscard]] StepResult run_folder_program(const Context& context, const FolderProgram& program,
                                            const WhileRunning& while_running, StopSignal& stop);

}  // namespace azl::provision::custom_data
