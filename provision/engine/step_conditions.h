// What a stage has to do, and when each of its steps is due. Pure.
#pragma once

#include "provision/engine/run_data.h"

namespace azl::provision {

/// What is known before a stage begins.
struct Situation {
  Stage stage;
  bool state_readable = true;
  bool provisioned = false;      ///< this VM id, on an earlier boot
  bool lacks_host_keys = false;  ///< an earlier boot could not make all of them
  bool untold = false;           ///< the platform has still to be told something
  bool network_news = false;     ///< NICs have changed since the VM was provisioned
  bool tunes_links = false;      ///< the configuration asks for tuned links
  bool disks_told = false;       ///< an earlier run of this boot has recorded disks
  bool disks_known = true;       ///< it has recorded every disk that this run is for
  bool disks_idle = true;        ///< no disk needs anything
  bool attested_due = false;     ///< which VM Azure attests has still to be asked
  bool custom_data_due = false;  ///< custom data has something for this stage
  bool left = false;             ///< a run of this stage was killed on this boot
};

enum class Work {
  kNothing,    ///< leave without a trace: no record, no network
  kEndRecord,  ///< only the record of the killed run has to be completed
  kSteps,      ///< run the steps that are due
};

/// Decides what a stage has to do. Pure.
[[nodiscard]] Work choose_work(const Situation& situation);

// When a step is due. What a step needs beyond that it checks itself, and is "skipped" with the
// reason. Each has one meaning, whatever the stage.

/// The VM id is new, and nothing has failed yet.
[[nodiscard]] bool needs_provisioning(const StageRun& run);
/// The same, and no other agent provisioned it: media and IMDS are to be asked.
[[nodiscard]] bool needs_sources(const StageRun& run);
/// The same, and an SSH key is to be fetched by its certificate (plan/certificates.h).
[[nodiscard]] bool wants_certificates(const StageRun& run);
/// Media and IMDS are to be asked, and the VM waits in a pool for its user, by its sources or by
/// what an earlier boot did.
[[nodiscard]] bool enters_pool(const StageRun& run);
/// That was decided, and nothing has failed since.
[[nodiscard]] bool is_in_pool(const StageRun& run);
/// There is a plan for a new VM, whatever its course; also after a failure.
[[nodiscard]] bool is_decided(const StageRun& run);
/// The plan is to provision or to refuse; also after a failure.
[[nodiscard]] bool is_provisioned_or_refused(const StageRun& run);
/// The plan is to provision, and nothing has failed.
[[nodiscard]] bool is_provisioning(const StageRun& run);
/// The plan is to provision or to keep a specialized machine, and nothing has failed.
[[nodiscard]] bool is_configuring_network(const StageRun& run);
/// There is a plan for a new VM, and nothing has failed.
[[nodiscard]] bool is_succeeding(const StageRun& run);
/// The VM was provisioned before this run, and nothing has failed.
[[nodiscard]] bool was_provisioned(const StageRun& run);
/// The same, and an earlier boot could not make all host keys.
[[nodiscard]] bool lacks_host_keys(const StageRun& run);
/// This run, or a killed one that it resumes, has an outcome that the platform is to be told now.
[[nodiscard]] bool has_outcome_to_tell(const StageRun& run);
/// The platform has still to be told something.
[[nodiscard]] bool has_untold(const StageRun& run);
/// The same, from an earlier boot: the report stage tells it.
[[nodiscard]] bool has_untold_of_earlier_boot(const StageRun& run);
/// NICs have changed since the VM was provisioned, or IMDS has not listed some of them.
[[nodiscard]] bool has_network_news(const StageRun& run);
/// The same in the main stage, or IMDS did not list the NICs on a first boot with several of them.
[[nodiscard]] bool has_nics_for_link_stage(const StageRun& run);
/// [Disk] asks for something.
[[nodiscard]] bool wants_disks(const StageRun& run);
/// The VM is provisioned now, and stage disks has left disks alone because it was not.
[[nodiscard]] bool has_left_disks(const StageRun& run);
/// Custom data asks for something in this stage.
[[nodiscard]] bool has_items(const StageRun& run);
/// The same, or a program of the image is due.
[[nodiscard]] bool has_items_or_programs(const StageRun& run);
/// The plan is to provision and to enable automatic updates, and nothing has failed.
[[nodiscard]] bool wants_updates(const StageRun& run);
/// The VM is provisioned now, and [Imds] asks which VM Azure attests that this is.
[[nodiscard]] bool wants_attested(const StageRun& run);
/// An earlier stage of this boot left that question to this one.
[[nodiscard]] bool has_left_attested(const StageRun& run);
/// [Report] names a collector of traces.
[[nodiscard]] bool wants_trace(const StageRun& run);
/// [Network] asks for tuned links.
[[nodiscard]] bool wants_tuned_links(const StageRun& run);

}  // namespace azl::provision
