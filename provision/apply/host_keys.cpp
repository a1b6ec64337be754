#include "provision/apply/host_keys.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "provision/accounts/sshd.h"
#include "provision/apply/tool_time.h"
#include "provision/plan/host_keys.h"

namespace azl::provision {
namespace {

std::unique_ptr<HostKeyJob> begin_job(const Context& context) {
  return std::make_unique<HostKeyJob>(context.root(), context.machine.processes,
                                      context.config.ssh.host_key_types);
}

}  // namespace

StepResult begin_host_keys(const Context& context, Facts& facts, std::unique_ptr<HostKeyJob>& job) {
  facts.has_sshd = has_sshd(context.root());
  // A source may still come, so the plan decides later whether the keys are installed.
  const auto due = decide_host_keys(facts, context.config, true);
  if (!due.yes) return skipped(due.why);
  job = begin_job(context);
  return done("keys of types " + join(context.config.ssh.host_key_types, ", ") +
              " are made while the network comes up");
}

StepResult put_host_keys(const Context& context, const Plan& plan, std::unique_ptr<HostKeyJob>& job,
                         State& state, Recorder& recorder) {
  auto making = std::move(job);
  if (!plan.host_keys.yes) return skipped(plan.host_keys.why);
  if (!making) making = begin_job(context);
  auto keys = making->install(context.within(kKeygenTime));
  const auto made_by = making->made_by();
  // Removes the staged keys before the state says that they were made. Otherwise a run that is
  // killed in between leaves them behind, because the next one makes none.
  making.reset();
  if (!keys) return std::unexpected(std::move(keys.error()));
  for (const auto& key : *keys)
    recorder.record().host_keys.push_back({key.type, key.fingerprint, "made by " + made_by});
  // Without a source, nothing was recorded before. The record of another VM stays: it shows that
  // this may be a restored machine.
  if (state.vm_id.empty()) state.vm_id = plan.vm_id;
  if (imds::same_vm(state.vm_id, plan.vm_id)) {
    state.host_keys_made = true;
    OR_RETURN(save_state(context.root(), state));
  }
  return done(std::to_string(keys->size()) + (keys->size() == 1 ? " key" : " keys") + " made by " +
              made_by + ": " + plan.host_keys.why);
}

}  // namespace azl::provision
