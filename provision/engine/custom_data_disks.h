// What a run of stage disks knows of the disks that custom data sets up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "disk/disk_options.h"
#include "provision/step/context.h"
#include "provision/step/result.h"
#include "provision/store/disk_wishes.h"
#include "provision/store/vm_state.h"

namespace azl::provision {

/// What stage main has done.
struct MainStage {
  bool provisioned = false;  ///< it has provisioned this VM, and stored its custom data
  bool specialized = false;  ///< the VM is a restored or copied one, whose disks stay as they were
};

/// What is found about it.
struct DisksOfCustomData {
  bool provisioned = false;                                 ///< MainStage::provisioned
  Result<std::optional<DiskWishes>> wishes = std::nullopt;  ///< of this VM: what is to be done
  Result<bool> pending = false;  ///< custom data sets up disks, and has not come to that yet
  bool was_undecided = false;    ///< an earlier run of this boot has left disks alone
};

/// Reads it.
[[nodiscard]] DisksOfCustomData read_disks_of_custom_data(const Root& root, MainStage main,
                                                          const std::string& vm_id);
/// Reads it for a run of stage disks. While it is read, and after that unless it is decided, the
/// disks are marked as undecided: then the early stage of custom data runs stage disks once more.
/// `for_all`: the run is for all disks, so that the mark of an earlier run can go.
[[nodiscard]] DisksOfCustomData decide_disks_of_custom_data(const Root& root, MainStage main,
                                                            const std::string& vm_id, bool for_all);

/// What the state says of stage main for this VM.
[[nodiscard]] MainStage find_main_stage(const State& state, const std::string& vm_id);

/// Adds it to what the configuration asks for. Until it is known, all disks but the OS disk are
/// left alone. Pure.
[[nodiscard]] disk::DiskOptions add_custom_data(disk::DiskOptions options,
                                                const DisksOfCustomData& found);

/// Step: starts the service of stage disks once more. It has run before this VM was provisioned,
/// and has left disks alone.
[[nodiscard]] StepResult start_left_disks(const Context& context);

/// What could not be read.
[[nodiscard]] std::vector<Error> errors_of(const DisksOfCustomData& found);

}  // namespace azl::provision
