#include "provision/plan/host_name.h"

#include <utility>

#include "base/host_name.h"
#include "base/text.h"
#include "provision/plan/sources.h"

namespace azl::provision {
namespace {

Named find_host_name(const Facts& facts) {
  const auto* imds = facts.instance();
  if (imds != nullptr && !imds->computer_name.empty())
    return {imds->computer_name, "IMDS osProfile.computerName"};
  if (facts.ovf && !facts.ovf->host_name.empty())
    return {facts.ovf->host_name, "HostName in ovf-env.xml"};
  return {};
}

}  // namespace

std::optional<PlannedHostName> decide_host_name(const Facts& facts, Findings& findings) {
  const auto name = find_host_name(facts);
  if (name.value.empty()) return std::nullopt;
  auto valid = valid_host_name(name.value);
  if (!valid) {
    findings.push_back({Severity::kDegraded,
                        std::move(valid.error())
                            .with_context("the host name stays '" + printable(facts.hostname) +
                                          "', because " + name.why + " is invalid")});
    return std::nullopt;
  }
  if (*valid != name.value) {
    findings.push_back({Severity::kNote,
                        Error(Reason::kHostName,
                              "the host name from " + name.why + " was shortened to '" + *valid +
                                  "' (at most " + std::to_string(kHostNameLimit) + " characters, " +
                                  std::to_string(kLabelLimit) + " in a label)")});
  }
  return PlannedHostName{std::move(*valid), name.why};
}

std::optional<PlannedHostName> early_host_name(const Facts& facts) {
  if (!facts.ovf || facts.ovf->host_name.empty() || !preprovisioned_type(facts).empty())
    return std::nullopt;
  auto valid = valid_host_name(facts.ovf->host_name);
  if (!valid) return std::nullopt;  // make_plan() reports it; IMDS may still give a valid one
  return PlannedHostName{std::move(*valid), "HostName in ovf-env.xml"};
}

}  // namespace azl::provision
