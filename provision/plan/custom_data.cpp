#include "provision/plan/custom_data.h"

#include "base/error.h"

namespace azl::provision {

GivenCustomData find_custom_data(const Facts& facts) {
  if (facts.ovf && !facts.ovf->custom_data.empty())
    return {.bytes = &facts.ovf->custom_data, .source = "CustomData on the media"};
  const auto* imds = facts.instance();
  if (imds != nullptr && !imds->user_data.empty())
    return {.bytes = &imds->user_data, .source = "userData of IMDS"};
  return {};
}

Choice decide_custom_data(const Facts& facts, Findings& findings) {
  const auto given = find_custom_data(facts);
  if (given.bytes != nullptr)
    return {true, given.source + ", " + std::to_string(given.bytes->size()) + " bytes"};
  const auto* imds = facts.instance();
  if (imds != nullptr && imds->has_custom_data.value_or(false)) {
    findings.push_back({Severity::kDegraded,
                        Error(Reason::kCustomDataMissing,
                              "IMDS says hasCustomData=true, but there is no custom data on any "
                              "provisioning media")});
  } else if (imds != nullptr && imds->user_data_bad) {
    findings.push_back({Severity::kDegraded,
                        Error(Cause::kCustomDataDocument, "IMDS compute.userData is not base64")});
  }
  return {false, "neither the media nor IMDS gives any"};
}

}  // namespace azl::provision
