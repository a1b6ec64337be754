#include "provision/engine/step_conditions.h"

#include "provision/gather/attested.h"
#include "provision/plan/certificates.h"
#include "provision/store/disk_wishes.h"

namespace azl::provision {
namespace {

/// Whether an earlier run has done what the stage is for.
bool is_settled(const Situation& situation) {
  switch (situation.stage) {
    case Stage::kReport:
      return !situation.untold && !situation.attested_due;
    case Stage::kLink:
      return true;  // it is there for news only
    case Stage::kDisks:
      // A run for a disk that came late follows an earlier one of the same boot.
      return situation.disks_told ? situation.disks_known : situation.provisioned;
    case Stage::kLocal:
      return situation.provisioned;
    case Stage::kMain:
      return situation.provisioned && !situation.untold && !situation.lacks_host_keys;
    case Stage::kClose:
      return false;
    case Stage::kCustomDataEarly:
    case Stage::kCustomData:
      return !situation.custom_data_due;
  }
  return false;
}

bool has_plan(const StageRun& run) { return run.is_new_vm() && run.progress.decided; }

}  // namespace

Work choose_work(const Situation& situation) {
  const bool settled = situation.state_readable && is_settled(situation);
  if (!settled || situation.network_news || situation.tunes_links || !situation.disks_idle)
    return Work::kSteps;
  if (!situation.left) return Work::kNothing;
  // Disks are decided on anew: the killed run may have left one half done.
  return situation.stage == Stage::kDisks ? Work::kSteps : Work::kEndRecord;
}

bool needs_provisioning(const StageRun& run) { return run.is_new_vm() && !run.progress.failure; }

bool needs_sources(const StageRun& run) {
  return needs_provisioning(run) && !is_other_agents(run.facts);
}

bool wants_certificates(const StageRun& run) {
  // The plan refuses a VM whose metadata proxy agent is not ready.
  return needs_sources(run) && !run.facts.proxy_agent_error && decide_certificates(run.facts).yes;
}

bool enters_pool(const StageRun& run) {
  // The plan refuses a VM whose metadata proxy agent is not ready.
  return needs_sources(run) && !run.facts.proxy_agent_error &&
         decide_pool(run.facts, run.record.boot_id).waits();
}

bool is_in_pool(const StageRun& run) { return needs_provisioning(run) && run.pool.plan; }

bool is_decided(const StageRun& run) { return has_plan(run); }

bool is_provisioned_or_refused(const StageRun& run) {
  return has_plan(run) &&
         (run.plan.course == Course::kProvision || run.plan.course == Course::kRefused);
}

bool is_provisioning(const StageRun& run) {
  return is_succeeding(run) && run.plan.course == Course::kProvision;
}

bool is_configuring_network(const StageRun& run) {
  return is_succeeding(run) &&
         (run.plan.course == Course::kProvision || run.plan.course == Course::kSpecialized);
}

bool is_succeeding(const StageRun& run) { return has_plan(run) && !run.progress.failure; }

bool was_provisioned(const StageRun& run) { return !run.is_new_vm() && !run.progress.failure; }

bool lacks_host_keys(const StageRun& run) {
  return was_provisioned(run) && run.config.ssh.replace_host_keys &&
         !run.state.missing_host_keys.empty();
}

bool has_outcome_to_tell(const StageRun& run) {
  if (!run.is_new_vm()) return run.context.resumed && has_untold(run);
  return run.progress.failure || (run.progress.decided && has_untold(run));
}

bool has_untold(const StageRun& run) { return run.state.untold.has_value(); }

bool has_untold_of_earlier_boot(const StageRun& run) {
  return !run.is_new_vm() && !run.context.resumed && has_untold(run);
}

bool has_network_news(const StageRun& run) {
  return !run.progress.failure && run.network_news.any();
}

bool has_nics_for_link_stage(const StageRun& run) {
  const bool asked = run.facts.imds || run.facts.imds_error;
  const bool unlisted = is_configuring_network(run) && run.facts.has_networkd && asked &&
                        !run.facts.lists_nics() && run.plan.network.nics > 1;
  return unlisted || has_network_news(run);
}

bool wants_disks(const StageRun& run) { return run.config.disk.any(); }

bool has_left_disks(const StageRun& run) {
  return is_succeeding(run) && run.context.root().live() && are_disks_undecided(run.context.root());
}

bool has_items(const StageRun& run) { return run.custom_data.has_due_items(); }

bool has_items_or_programs(const StageRun& run) {
  return has_items(run) ||
         !custom_data::find_programs(run.context.root(), run.identity).due.empty();
}

bool wants_updates(const StageRun& run) { return is_provisioning(run) && run.plan.updates; }

bool wants_attested(const StageRun& run) { return is_succeeding(run) && run.config.imds.attested; }

bool has_left_attested(const StageRun& run) { return is_attested_due(run.context.root()); }

bool wants_trace(const StageRun& run) { return !run.config.report.otlp_endpoint.empty(); }

bool wants_tuned_links(const StageRun& run) { return run.config.network.tuning.any(); }

}  // namespace azl::provision
