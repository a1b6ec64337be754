#include "provision/gather/preprovisioned.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "base/text.h"
#include "imds/identity.h"
#include "imds/instance_client.h"
#include "imds/reprovision.h"
#include "net/networkd.h"
#include "provision/gather/imds.h"
#include "provision/gather/links.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBusTime = 10s;
constexpr Duration kAskAgain = 1s;  // IMDS allows 5 requests in a second

Deadline without_limit(const Context& context) { return context.within(Duration::max()); }

bool is_of_pool(const Facts& facts) {
  return facts.imds && imds::names_pool(facts.imds->instance.pps_type);
}

/// "; IMDS gives the VM id …", if that is not the one of the firmware. Else empty.
std::string describe_id(const Facts& facts) {
  const auto& id = facts.imds->instance.vm_id;
  if (!imds::speaks_for_other_vm(id, facts.identity.vm_id)) return {};
  return "; IMDS gives the VM id " + printable(lower(id)) + ", the firmware still " +
         facts.identity.vm_id;
}

}  // namespace

StepResult wait_for_switch(const Context& context, net::LinkWatch& watch, const std::string& what,
                           Recorder& recorder) {
  recorder.record_wait(what, without_limit(context));
  return done(OR_RETURN(watch.wait(), "waiting in the pool"));
}

void wait_for_shutdown(const Context& context, const std::string& what, Recorder& recorder) {
  recorder.record_wait(what, without_limit(context));
  while (true) ::pause();
}

StepResult renew_lease(const Context& context, Facts& facts, Recorder& recorder) {
  if (!context.root().live()) return skipped("root tree: its network is not this machine's");
  // Fails if the link was removed, or if networkd does not run. Then what follows shows whether
  // there is a lease.
  if (const auto link = facts.primary_link())
    (void)net::reconfigure_link(*link, context.within(kBusTime));
  facts.primary.reset();
  auto waited = wait_for_lease(context, facts, recorder);
  facts.imds_error.reset();  // IMDS is asked in any case
  return waited;
}

StepResult fetch_document(const Context& context, const std::string& what, Facts& facts,
                          ProvisioningMedia& media, Recorder& recorder) {
  const auto url = imds_url_of(context);
  if (url.empty())
    return fail(Reason::kPreprovisioned,
                "this VM is in a pool, and a root tree has no metadata service to ask for its "
                "user's settings; --imds-url gives it one");
  imds::AttemptLog attempts;
  auto data = imds::poll_reprovision_data(
      context.machine.http,
      {.base_url = url,
       .waits_for = what,
       .renew_network = [&] { (void)renew_lease(context, facts, recorder); }},
      context.machine.clock, attempts);
  recorder.record_attempts(attempts);
  if (!data) return fail(std::move(data.error()), "the settings of the VM's user cannot be used");
  facts.ovf = std::move(data->ovf);
  facts.ovf_source = "IMDS (reprovisiondata)";
  facts.ovf_error.reset();
  facts.left_pool = true;
  media.text = std::move(data->text);
  return done("IMDS gave ovf-env.xml of the VM's user: " + data->effort);
}

StepResult ask_imds_again(const Context& context, Facts& facts, Recorder& recorder) {
  const auto& limits = context.config.imds;
  const auto deadline = context.within(std::min(limits.timeout, limits.timeout_with_media));
  while (true) {
    facts.imds.reset();
    facts.imds_error.reset();
    facts.imds_of_other_vm = false;
    auto asked = ask_imds(context, facts, recorder);
    if (!asked || !is_of_pool(facts)) {
      if (asked && facts.imds) asked->why += describe_id(facts);
      return asked;
    }
    if (deadline.remaining() <= kAskAgain) break;
    context.machine.clock.sleep(kAskAgain);
  }
  facts.imds_error =
      Error(Reason::kPreprovisioned, "IMDS still describes the VM of the pool (PPS " +
                                         printable(facts.imds->instance.pps_type) +
                                         "), not that of its user");
  facts.imds.reset();
  return std::unexpected(*facts.imds_error);
}

}  // namespace azl::provision
