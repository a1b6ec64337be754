// One phase of custom data: what is due, and how each item is carried out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "provision/custom_data/run/script_runner.h"
#include "provision/custom_data/run/stored.h"
#include "provision/record/words.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision::custom_data {

/// The phase of a stage. Returns nullopt for the stages that carry out no items.
[[nodiscard]] std::optional<ItemPhase> phase_of(Stage stage);
/// Whether custom data has something for the stage. False for the other stages.
[[nodiscard]] bool is_due_in(Stage stage, const Root& root);

/// Items that are carried out in one step.
struct ItemGroup {
  std::string name;                ///< of the step: "write_files", "runcmd", "scripts/part-001"
  std::string what;                ///< of the step: what it does
  std::vector<std::size_t> items;  ///< indexes into StoredItems::items, at least one
};

/// What a run of a phase reads and writes.
struct PhaseRun {
  ItemPhase phase = ItemPhase::kEarly;
  StoredItems stored = {};
  std::vector<ItemGroup> groups = {};  ///< what is due, in order
  bool reboot_required = false;        ///< packages require it, and the document asks for it

  [[nodiscard]] bool has_due_items() const { return !groups.empty(); }
  /// Whether something is stored for this VM, due or not.
  [[nodiscard]] bool has_stored() const { return !stored.items.empty(); }
};

/// Groups the due items of a phase: files that follow each other are one group, every other item is
/// one of its own. Items that were begun and did not end are included, so that they are reported.
/// Pure.
[[nodiscard]] std::vector<ItemGroup> group_items(const StoredItems& items, ItemPhase phase);

/// Takes the stored document apart and stores its items, if that has not been done, and finds what
/// is due. Erases custom data of another VM. What is wrong with the document becomes findings.
[[nodiscard]] StepResult take_apart(const Context& context, PhaseRun& run, Recorder& recorder);

/// Carries out the items of a group. In a root tree, files are written, and programs stay due. A
/// failed item does not keep the next one from being carried out. Errors: kCustomData, of the last
/// item that failed; the others are findings.
[[nodiscard]] StepResult carry_out(const Context& context, PhaseRun& run, const ItemGroup& group,
                                   Recorder& recorder, const WhileRunning& while_running,
                                   StopSignal& stop);

/// Erases what was carried out and is not for each boot. Errors: as Root::write.
[[nodiscard]] StepResult end_phase(const Context& context, PhaseRun& run);

}  // namespace azl::provision::custom_data
