// One phase of custom data: what is due, in which groups, and what is erased at its end.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "imds/identity.h"
#include "provision/custom_data/run/account_items.h"
#include "provision/custom_data/run/folder_programs.h"
#include "provision/custom_data/run/shutdown.h"
#include "provision/custom_data/run/stored.h"
#include "provision/record/words.h"
#include "provision/step/context.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision::custom_data {

/// The phase of a stage. Returns nullopt for the stages that carry out no items.
[[nodiscard]] std::optional<ItemPhase> phase_of(Stage stage);
/// Whether custom data, or a program of the image, is due in the stage. False for the other stages.
[[nodiscard]] bool is_due_in(Stage stage, const Root& root, const imds::Identity& identity);

/// Items that are carried out in one step.
struct ItemGroup {
  std::string name;  ///< of the step: "write_files", "runcmd", "scripts/part-001"
  std::string what;  ///< of the step: what it does
  /// Indexes into StoredItems::items, at least one, unless it is one of the following.
  std::vector<std::size_t> items = {};
  std::optional<FolderProgram> program = {};
  bool looks_for_programs = false;  ///< adds groups behind itself
};

/// What a run of a phase reads and writes.
struct PhaseRun {
  ItemPhase phase = ItemPhase::kEarly;
  StoredItems stored = {};
  std::vector<ItemGroup> groups = {};  ///< what is due, in order
  /// What is to happen when everything is recorded. power_state comes last, and replaces the
  /// reboot that packages require.
  std::optional<Shutdown> shutdown = {};
  PrintLine print = {};                  ///< on the console; empty: it is off
  std::optional<int> primary_link = {};  ///< its ifindex

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

/// Adds a group that looks for programs of the image where cloud-init runs them: behind packages
/// and files, which can bring programs.
void add_look_for_programs(PhaseRun& run);

/// Erases what was carried out and is not for each boot. Errors: as Root::write.
[[nodiscard]] StepResult end_phase(const Context& context, PhaseRun& run);

}  // namespace azl::provision::custom_data
