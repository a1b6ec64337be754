// One run of one stage: what its steps read and write.
#pragma once

#include <memory>
#include <optional>

#include "net/link_watch.h"
#include "provision/accounts/host_keys.h"
#include "provision/apply/network_files.h"
#include "provision/custom_data/run/phase.h"
#include "provision/custom_data/run/stop_signal.h"
#include "provision/disks/look.h"
#include "provision/engine/recording_http.h"
#include "provision/engine/recording_processes.h"
#include "provision/gather/facts.h"
#include "provision/gather/media.h"
#include "provision/plan/plan.h"
#include "provision/plan/preprovisioned.h"
#include "provision/record/record.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/store/vm_state.h"
#include "provision/store/written_files.h"

namespace azl::provision {

/// What is known of a run when it begins, and does not change.
struct RunStart {
  Stage stage;
  Config config = {};
  imds::Identity identity = {};
  StageRecord record = {};  ///< with what is recorded before the first step
  bool resumed = false;     ///< a run of this stage was killed on this boot
};

/// The stay of a pre-provisioned VM in its pool.
struct PoolRun {
  std::optional<PoolPlan> plan = {};         ///< nullopt: nothing was decided yet
  std::optional<net::LinkWatch> watch = {};  ///< while the VM waits to be moved
};

/// The table of steps hands each step the members that it reads and writes; nothing else sees all
/// of them.
struct StageRun {
  StageRun(const Machine& machine, RunStart start);
  StageRun(const StageRun&) = delete;
  StageRun& operator=(const StageRun&) = delete;

  const Config config;
  const imds::Identity identity;
  StageRecord record;
  Recorder recorder;
  RecordingProcesses processes;
  RecordingHttp http;
  const Context context;

  Facts facts = {};
  PoolRun pool = {};
  ProvisioningMedia media = {};
  Plan plan = {};
  State state = {};  ///< as it is on disk; facts.state is as it was before this run
  Provisioning progress = {};
  std::unique_ptr<HostKeyJob> host_keys = {};  ///< while keys are being made
  WrittenFilesLog written = {};                ///< what the steps of the table wrote
  NetworkNews network_news = {};
  DisksRun disks = {};
  custom_data::PhaseRun custom_data = {};
  std::optional<custom_data::StopSignal> stop_signal = {};  ///< while custom data is carried out

  /// This VM id was not provisioned before this run.
  [[nodiscard]] bool is_new_vm() const { return !facts.is_provisioned(); }
  /// Ends the provisioning with an error that the platform is told, and makes sure that there is a
  /// plan by which the machine is closed. A second failure is recorded beside the first.
  void fail(Error error);
  /// Saves what the steps wrote so far. A failure is a note: only deprovision reads it.
  void save_written();
};

}  // namespace azl::provision
