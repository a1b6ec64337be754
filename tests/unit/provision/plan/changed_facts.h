// Changes to the Facts of samples.h that several tests of the plan need.
#pragma once

#include <functional>

#include "provision/plan/plan.h"
#include "tests/unit/provision/samples.h"

namespace azl::test {

using Change = std::function<void(provision::Facts&)>;

inline provision::Plan plan_of(const provision::Facts& facts) {
  return provision::make_plan(facts, provision::Config{});
}

/// Returns good_facts() after a change.
inline provision::Facts changed(const Change& change) {
  auto facts = good_facts();
  change(facts);
  return facts;
}

inline void no_ovf(provision::Facts& f) {
  f.ovf.reset();
  f.ovf_source.clear();
}
inline void no_imds(provision::Facts& f) {
  f.imds.reset();
  f.imds_error = Error(Reason::kImdsHttp, "503").with_http_status(503);
}
inline void no_source(provision::Facts& f) {
  no_ovf(f);
  no_imds(f);
}
/// Adds the state that this agent saves after it has provisioned the VM `vm_id`.
inline void recorded(provision::Facts& f, const char* vm_id) {
  f.state.vm_id = vm_id;
  f.state.host_keys_made = true;
  f.state.machine_id = "aa";
  f.state.guest_agent = true;
  f.state.provisioned = provision::Provisioned{
      .at = "2026-01-02T03:04:05+00:00", .by = "azl-provision", .boot_id = "b"};
}

}  // namespace azl::test
