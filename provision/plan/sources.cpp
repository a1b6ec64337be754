#include "provision/plan/sources.h"

#include <utility>

#include "base/text.h"
#include "imds/identity.h"

namespace azl::provision {
namespace {

void judge_missing_sources(const Facts& facts, Findings& findings) {
  auto error =
      facts.imds_error ? *facts.imds_error : Error(Reason::kImdsConnect, "IMDS was not asked");
  const std::string media = facts.ovf_error ? "the provisioning media could not be read (" +
                                                  facts.ovf_error->to_string() + ")"
                                            : "there is no provisioning media";
  findings.push_back({Severity::kFatal, std::move(error).with_context(
                                            media + ", and IMDS could not be read either")});
}

void judge_media_and_imds(const Facts& facts, Findings& findings) {
  if (!facts.ovf && !facts.imds) return judge_missing_sources(facts, findings);
  if (facts.imds_error && !facts.imds) {
    findings.push_back(
        {Severity::kDegraded,
         Error(*facts.imds_error)
             .with_context("IMDS could not be read; provisioning from media alone")});
  }
  if (facts.ovf_error) {
    findings.push_back(
        {Severity::kNote,
         Error(*facts.ovf_error)
             .with_context("the media could not be read; provisioning from IMDS alone")});
  }
  const auto* imds = facts.instance();
  if (imds == nullptr) return;
  for (const auto& warning : imds->warnings) {
    findings.push_back({Severity::kNote, Error(Reason::kImdsInvalidKey, "IMDS: " + warning)});
  }
  if (!imds->vm_id.empty() && !imds::same_vm(imds->vm_id, facts.identity.vm_id)) {
    findings.push_back(
        {Severity::kNote,
         Error(Reason::kNoVmId, "IMDS gives the VM id " + imds->vm_id + ", the firmware " +
                                    facts.identity.vm_id + "; using the firmware's")});
  }
}

}  // namespace

void judge_sources(const Facts& facts, Findings& findings) {
  if (facts.proxy_agent_error) {
    findings.push_back(
        {Severity::kFatal, Error(*facts.proxy_agent_error)
                               .with_context("ovf-env.xml requires the metadata proxy agent")});
  } else {
    judge_media_and_imds(facts, findings);
  }
  if (const auto type = preprovisioned_type(facts); !type.empty()) {
    findings.push_back(
        {Severity::kFatal,
         Error(Reason::kPreprovisioned, "this is a pre-provisioned VM (type " + printable(type) +
                                            "), which this version does not support")});
  }
}

std::string preprovisioned_type(const Facts& facts) {
  const auto counts = [](const std::string& type) { return !type.empty() && type != "None"; };
  if (facts.ovf && counts(facts.ovf->preprovisioned_type)) return facts.ovf->preprovisioned_type;
  const auto* imds = facts.instance();
  return imds != nullptr && counts(imds->pps_type) ? imds->pps_type : std::string();
}

void judge_custom_data(const Facts& facts, Findings& findings) {
  const auto* imds = facts.instance();
  const auto size = facts.ovf ? facts.ovf->custom_data.size() : 0;
  if (size > 0) {
    findings.push_back(
        {Severity::kDegraded,
         Error(Reason::kCustomData, "the custom data (" + std::to_string(size) +
                                        " bytes) was not run: this version does not support it")});
  } else if (imds != nullptr && imds->has_custom_data.value_or(false)) {
    findings.push_back({Severity::kDegraded,
                        Error(Reason::kCustomDataMissing,
                              "IMDS says hasCustomData=true, but there is no custom data on any "
                              "provisioning media")});
  } else if (imds != nullptr && imds->has_user_data) {
    findings.push_back({Severity::kDegraded, Error(Reason::kCustomData,
                                                   "the userData in IMDS was not run: this "
                                                   "version does not support it")});
  }
}

}  // namespace azl::provision
