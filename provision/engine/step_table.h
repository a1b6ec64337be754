// The story of the boot: one table of steps, in the order in which they run.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "provision/engine/boot.h"

namespace azl::provision {

/// When a step is due. What a step needs beyond that it looks for itself, and says "skipped" with
/// the reason.
enum class Needs {
  kNewVm,      ///< this VM id is not provisioned yet
  kSources,    ///< the same, and no other agent provisioned it: the platform is to be asked
  kProvision,  ///< the plan is an ordinary first boot, and nothing fatal has happened
  kClosing,    ///< the plan is an ordinary first boot or a refused one: also after a failure
  kDecided,    ///< there is a plan for a new VM, whatever it is: also after a failure
  kNoFailure,  ///< the plan is made and nothing fatal has happened; report: it was done before
  kSomethingToTell,  ///< a new VM's outcome, also one that a killed run did not come to tell;
                     ///< report: what was told in vain before
  kNetwork,          ///< a new VM is provisioned or specialized, and nothing fatal has happened
  kNetworkNews,      ///< the NICs have changed since the VM was provisioned, or IMDS has yet to say
                     ///< what they are
  kDisks,            ///< the configuration wants some disk to be looked at, on every boot
  kTuning,           ///< the configuration asks for tuned links, on every boot
  kLeftOver,         ///< the VM was provisioned on an earlier boot, and the platform does not know
};

/// How a step that went well ended.
struct Said {
  enum Outcome { kDone, kUnchanged, kSkipped } outcome = kDone;
  std::string why;  ///< a sentence
};

/// Done or unchanged, by whether anything changed.
[[nodiscard]] inline Said changed(bool yes, std::string what) {
  return {yes ? Said::kDone : Said::kUnchanged, std::move(what)};
}

/// What a step's own failure means.
enum class OnFailure {
  kNote,
  kDegraded,
  kFatal,
  kPlanDecides,  ///< a source failed: make_plan weighs it against the others
};

struct Step {
  std::string_view name;
  Stage stage;
  Needs needs;
  OnFailure on_failure;
  Result<Said> (*run)(Boot&);
  std::string_view what;  ///< what it is for, for people
};

/// The table.
[[nodiscard]] std::span<const Step> steps();

/// Whether a step is due now. Pure.
[[nodiscard]] bool is_due(Needs needs, const Boot& boot);

/// Called as steps begin and end, to show progress.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin(const StepRecord& step) = 0;
  virtual void end(const StepRecord& step) = 0;
};

/// Runs programs, and notes each in the record of the step that waits for it.
class RecordingProcesses final : public Processes {
 public:
  RecordingProcesses(Processes& processes, StageRecord& record);
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override;

 private:
  Processes& processes_;
  StageRecord& record_;
};

/// How long after the stage's beginning its last step ended: 0 before any did.
[[nodiscard]] Duration end_of(const StageRecord& record);
/// Runs the stage's due steps in order; each leaves its record, after those of a run that was
/// killed.
void run_steps(Boot& boot, Progress& progress);

}  // namespace azl::provision
