#include "provision/gather/imds.h"

#include <algorithm>
#include <utility>

#include "imds/identity.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kProxyAgentWait = 130s;  // the program itself gives up after 120 s

}  // namespace

std::string imds_url_of(const Context& context) {
  const auto& given = context.config.platform.imds_url;
  if (!given.empty() || !context.root().live()) return given;
  return std::string(imds::kImdsUrl);
}

Result<void> ask_proxy_agent(Processes& processes, Clock& clock) {
  const auto output = processes.run({.argv = {"azure-proxy-agent", "--status", "--wait", "120"}},
                                    Deadline(clock, kProxyAgentWait));
  if (output) return {};
  const bool missing = output.error().reason() == Reason::kToolMissing;
  return std::unexpected(Error(Reason::kProxyAgent, output.error().to_string())
                             .with_detail(missing ? "not found" : "status failure"));
}

StepResult wait_for_proxy_agent(const Context& context, Facts& facts) {
  if (!facts.ovf || !facts.ovf->provision_guest_proxy_agent)
    return skipped("the media does not ask for it");
  if (!context.root().live()) return skipped("root tree");
  const auto ready = ask_proxy_agent(context.machine.processes, context.machine.clock);
  if (ready) return done("azure-proxy-agent is ready");
  facts.proxy_agent_error = ready.error();
  return std::unexpected(*facts.proxy_agent_error);
}

Result<void> take_imds_answer(imds::ImdsAnswer answer, const ImdsConfig& config, Facts& facts) {
  // A pre-provisioned VM may get another id with its user; the firmware gives that after a reboot.
  if (!config.use_other_vm && !facts.left_pool &&
      imds::speaks_for_other_vm(answer.instance.vm_id, facts.identity.vm_id)) {
    facts.imds_of_other_vm = true;
    facts.imds_error = Error(Cause::kImdsOfOtherVm,
                             "IMDS speaks for another VM: it gives the VM id " +
                                 answer.instance.vm_id + ", the firmware " + facts.identity.vm_id)
                           .with_detail("vmId");
    return std::unexpected(*facts.imds_error);
  }
  facts.imds = std::move(answer);
  return {};
}

StepResult ask_imds(const Context& context, Facts& facts, Recorder& recorder) {
  if (facts.proxy_agent_error) return skipped("the metadata proxy agent is not ready");
  if (facts.imds_error) return skipped("it cannot be reached without a lease");
  const auto url = imds_url_of(context);
  if (url.empty()) {
    facts.imds_error = Error(Cause::kTreeWithoutImds,
                             "a root tree has no metadata service; --imds-url gives it one");
    return skipped(facts.imds_error->cause());
  }
  const auto& limits = context.config.imds;
  const auto most =
      facts.ovf ? std::min(limits.timeout, limits.timeout_with_media) : limits.timeout;
  imds::AttemptLog attempts;
  auto answer = imds::fetch_instance(context.machine.http, url, context.machine.clock,
                                     context.within(most), attempts);
  recorder.record_attempts(attempts);
  if (!answer) {
    facts.imds_error = answer.error();
    return std::unexpected(std::move(answer.error()));
  }
  OR_RETURN(take_imds_answer(std::move(*answer), limits, facts));
  return done("api-version " + facts.imds->api_version);
}

}  // namespace azl::provision
