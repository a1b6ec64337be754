#include "provision/engine/custom_data_disks.h"

#include <chrono>
#include <string>
#include <utility>

#include "imds/identity.h"
#include "provision/custom_data/run/pending_disks.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

Result<std::optional<DiskWishes>> load_wishes_of(const Root& root, MainStage main,
                                                 const std::string& vm_id) {
  auto wishes = OR_RETURN(load_disk_wishes(root));
  // A copy of the VM has another id, and its disks are used as before.
  if (wishes && !main.specialized && !imds::same_vm(wishes->vm_id, vm_id)) return std::nullopt;
  return wishes;
}

/// Why it is not known what custom data asks for. Empty: it is known.
std::string why_undecided(const DisksOfCustomData& found) {
  if (!found.provisioned)
    return "azl-provision.service has not provisioned this VM, so it is not known whether custom "
           "data sets up the disk";
  if (!found.wishes || !found.pending) return "what custom data asks of disks could not be read";
  if (!*found.wishes && *found.pending)
    return "custom data sets up disks, and has not come to that yet";
  return {};
}

}  // namespace

MainStage find_main_stage(const State& state, const std::string& vm_id) {
  if (!state.provisioned || !imds::same_vm(state.vm_id, vm_id)) return {};
  return {.provisioned = true, .specialized = state.provisioned->specialized};
}

DisksOfCustomData read_disks_of_custom_data(const Root& root, MainStage main,
                                            const std::string& vm_id) {
  return {.provisioned = main.provisioned,
          .wishes = load_wishes_of(root, main, vm_id),
          .pending = custom_data::has_pending_disks(root, vm_id)};
}

DisksOfCustomData decide_disks_of_custom_data(const Root& root, MainStage main,
                                              const std::string& vm_id, bool for_all) {
  const bool was_undecided = are_disks_undecided(root);
  // First, so that the early stage sees the mark if it ends meanwhile.
  (void)mark_disks_undecided(root, true);
  auto found = read_disks_of_custom_data(root, main, vm_id);
  found.was_undecided = was_undecided;
  const bool keeps_mark = was_undecided && !for_all;
  if (why_undecided(found).empty() && !keeps_mark) (void)mark_disks_undecided(root, false);
  return found;
}

disk::DiskOptions add_custom_data(disk::DiskOptions options, const DisksOfCustomData& found) {
  options.undecided = why_undecided(found);
  if (!options.undecided.empty() || !*found.wishes) return options;
  return with_wishes(std::move(options), (*found.wishes)->disks, *found.pending);
}

StepResult start_left_disks(const Context& context) {
  const std::string unit = "azl-provision-disks.service";
  OR_RETURN(context.machine.processes.run({.argv = {"systemctl", "restart", "--no-block", unit}},
                                          context.within(30s)));
  return done(unit + " is started once more");
}

std::vector<Error> errors_of(const DisksOfCustomData& found) {
  std::vector<Error> errors;
  if (!found.wishes) errors.push_back(found.wishes.error());
  if (!found.pending) errors.push_back(found.pending.error());
  return errors;
}

}  // namespace azl::provision
