#include "provision/apply/host_keys.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/count.h"
#include "base/text.h"
#include "provision/accounts/sshd.h"
#include "provision/accounts/tool.h"
#include "provision/apply/tool_time.h"
#include "provision/plan/host_keys.h"

namespace azl::provision {
namespace {

std::unique_ptr<HostKeyJob> begin_job(const Context& context) {
  return std::make_unique<HostKeyJob>(context.root(), context.machine.processes,
                                      context.config.ssh.host_key_types);
}

/// Whether OpenSSH can never make keys of this type on this machine, because of FIPS mode.
bool is_impossible(const Root& root, const std::string& type) {
  constexpr std::size_t kLimit = 16;
  const auto fips = root.read_if_exists("/proc/sys/crypto/fips_enabled", kLimit);
  return type == "ed25519" && fips && trim(fips->value_or("")) == "1";
}

/// Records each key that could not be made. Returns the types that a later boot has to make.
std::vector<std::string> record_missing(const Context& context, const HostKeyJob& job,
                                        Recorder& recorder) {
  std::vector<std::string> types;
  for (const auto& [type, error] : job.missing()) {
    auto why = std::move(fail_tool(Reason::kHostKeys, Error(error)).error())
                   .with_cause(Cause::kHostKeysIncomplete)
                   .with_context("the machine has no host key of type " + printable(type));
    const bool impossible = is_impossible(context.root(), type);
    recorder.record_finding(impossible ? Severity::kNote : Severity::kDegraded, why);
    if (!impossible) types.push_back(type);
  }
  return types;
}

void record_keys(const std::vector<HostKey>& keys, const std::string& made_by, Recorder& recorder) {
  for (const auto& key : keys)
    recorder.record().host_keys.push_back({key.type, key.fingerprint, "made by " + made_by});
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
  const auto missing = keys ? record_missing(context, *making, recorder)
                            : std::vector<std::string>();  // the error tells why
  // Removes the staged keys before the state says that they were made. Otherwise a run that is
  // killed in between leaves them behind, because the next one makes none.
  making.reset();
  if (!keys) return std::unexpected(std::move(keys.error()));
  record_keys(*keys, made_by, recorder);
  // The state has no VM id if this VM had no source so far. The state of another VM stays, because
  // it shows that this may be a restored machine.
  if (state.vm_id.empty()) state.vm_id = plan.vm_id;
  if (imds::same_vm(state.vm_id, plan.vm_id)) {
    state.host_keys_made = true;
    state.missing_host_keys = missing;
    OR_RETURN(save_state(context.root(), state));
  }
  return done(describe_count(keys->size(), "key") + " made by " + made_by + ": " +
              plan.host_keys.why + (missing.empty() ? "" : "; missing: " + join(missing, ", ")));
}

StepResult add_missing_host_keys(const Context& context, State& state, Recorder& recorder) {
  std::vector<std::string> types;
  for (const auto& type : state.missing_host_keys) {
    if (!read_host_key(context.root(), type)) types.push_back(type);
  }
  std::string result = "the missing keys were made meanwhile";
  std::vector<std::string> missing;
  if (!types.empty()) {
    HostKeyJob job(context.root(), context.machine.processes, types, true);
    const auto keys = OR_RETURN(job.install(context.within(kKeygenTime)));
    missing = record_missing(context, job, recorder);
    record_keys(keys, job.made_by(), recorder);
    result = describe_count(keys.size(), "key") + " made by " + job.made_by() +
             ": an earlier boot could not make them";
  }
  state.missing_host_keys = missing;
  OR_RETURN(save_state(context.root(), state));
  return done_if(!types.empty(), result);
}

}  // namespace azl::provision
