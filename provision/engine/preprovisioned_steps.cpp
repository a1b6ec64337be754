#include "provision/engine/preprovisioned_steps.h"

#include <string>
#include <utility>

#include "provision/apply/host_keys.h"
#include "provision/gather/imds.h"
#include "provision/gather/preprovisioned.h"
#include "provision/tell/preprovisioned.h"

namespace azl::provision {
namespace {

/// Follows the links from before the platform is told: it may move the VM at once. A failure is a
/// note, because asking for the document in vain costs little.
void open_watch(StageRun& run) {
  const auto& root = run.context.root();
  if (!root.live() || run.pool.plan->wait != PoolWait::kSwitch) return;
  auto watch =
      net::LinkWatch::open(root, run.config.network.synthetic_drivers, run.facts.primary_link());
  if (!watch) return run.recorder.record_finding(Severity::kNote, watch.error());
  run.pool.watch.emplace(std::move(*watch));
}

/// Whether the platform has taken away the NIC that leads to it, as it does with type Savable.
bool is_nic_gone(StageRun& run) {
  return parse_pool_type(run.pool.plan->type) == PoolType::kSavable && run.pool.watch &&
         run.pool.watch->look() && run.pool.watch->lost();
}

PoolMarker make_marker(const StageRun& run) {
  const auto& facts = run.facts;
  const auto& type = run.pool.plan->type;
  return {.vm_id = run.identity.vm_id,
          .boot_id = run.record.boot_id,
          .type = type,
          .from_media = facts.ovf && facts.ovf->preprovisioned_type == type,
          .told_at = iso8601(run.context.machine.clock.wall())};
}

}  // namespace

void take_pool_marker(StageRun& run) {
  auto marker = load_pool_marker(run.context.root());
  if (marker) {
    run.facts.pool_marker = std::move(*marker);
    return;
  }
  run.recorder.enter("pool-ready");
  run.recorder.record_finding(Severity::kNote,
                              std::move(marker.error()).with_cause(Cause::kStateDamaged));
  run.facts.pool_marker.emplace();
}

StepResult enter_pool(StageRun& run) {
  run.pool.plan = decide_pool(run.facts, run.record.boot_id);
  // Keys of a pool are nobody's: if the platform saves the VM, copies of them may exist.
  run.host_keys.reset();
  const auto& plan = *run.pool.plan;
  if (!plan.tell) return skipped(plan.why);
  open_watch(run);
  auto told = OR_RETURN(tell_pool_ready(
      run.context, run.facts, plan, [&] { return is_nic_gone(run); }, run.recorder));
  // After the message: if the power fails in between, the platform is told twice. It would never
  // use a VM that has not told it.
  run.facts.pool_marker = make_marker(run);
  OR_RETURN(save_pool_marker(run.context.root(), *run.facts.pool_marker));
  return told;
}

StepResult wait_in_pool(StageRun& run) {
  const auto& plan = *run.pool.plan;
  const auto what = describe_pool_wait(plan);
  allow_long_wait(run.context);
  if (plan.wait == PoolWait::kShutdown) wait_for_shutdown(run.context, what, run.recorder);
  if (plan.wait == PoolWait::kNothing)
    return skipped(plan.tell ? "it is not known how the platform takes this type from its pool"
                             : plan.why);
  if (!run.context.root().live()) return skipped("root tree: its links are not this machine's");
  if (!run.pool.watch) return skipped("the links cannot be followed");
  auto moved = wait_for_switch(run.context, *run.pool.watch, what, run.recorder);
  run.pool.watch.reset();
  return moved;
}

StepResult renew_lease_of_pool(StageRun& run) {
  if (run.pool.plan->wait == PoolWait::kNothing)
    return skipped("nothing shows that the VM was moved since it got its lease");
  return renew_lease(run.context, run.facts, run.recorder);
}

StepResult fetch_user_document(StageRun& run) {
  return fetch_document(run.context, describe_pool_wait(*run.pool.plan), run.facts, run.media,
                        run.recorder);
}

StepResult ask_imds_of_user(StageRun& run) {
  (void)begin_host_keys(run.context, run.facts, run.host_keys);  // step host-keys has the error
  OR_RETURN(wait_for_proxy_agent(run.context, run.facts));       // the user may require it
  return ask_imds_again(run.context, run.facts, run.recorder);
}

void forget_pool(StageRun& run) {
  if (const auto removed = remove_pool_marker(run.context.root()); !removed)
    run.recorder.record_finding(Severity::kNote, removed.error());
}

}  // namespace azl::provision
