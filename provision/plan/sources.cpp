#include "provision/plan/sources.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "imds/identity.h"
#include "imds/reprovision.h"
#include "provision/accounts/key_string.h"

namespace azl::provision {
namespace {

/// Adds to an error of IMDS the cause that says that the media was used instead. The advice of the
/// reason alone, such as to redeploy, would destroy a working VM.
Error with_media_used(Error error) {
  if (error.known_cause() == Cause::kImdsOfOtherVm) return error;
  return std::move(error)
      .with_cause(Cause::kImdsConnectTimeoutMediaUsed)
      .with_cause(Cause::kImdsConnectMediaUsed)
      .with_cause(Cause::kImdsReadTimeoutMediaUsed)
      .with_cause(Cause::kImdsHttpMediaUsed)
      .with_cause(Cause::kImdsMalformedMediaUsed)
      .with_cause(Cause::kImdsIncompleteMediaUsed);
}

/// Adds to an error of the media the cause that says that IMDS was used instead. Does nothing if a
/// configured path is wrong.
Error with_imds_used(Error error) {
  if (error.known_cause() == Cause::kNoSuchMedia) return error;
  return std::move(error)
      .with_cause(Cause::kMediaUnreadableImdsUsed)
      .with_cause(Cause::kOvfMalformedImdsUsed)
      .with_cause(Cause::kOvfUnexpectedImdsUsed);
}

/// Returns the error with a reason about the media, so that its advice is about the media.
Error media_error(const Error& error) {
  switch (error.reason()) {
    case Reason::kMediaUnreadable:
    case Reason::kOvfMalformed:
    case Reason::kOvfUnexpected:
      return error;
    default:
      return {Reason::kMediaUnreadable, error.to_string()};
  }
}

void judge_missing_sources(const Facts& facts, Findings& findings) {
  auto error =
      facts.imds_error ? *facts.imds_error : Error(Reason::kImdsConnect, "IMDS was not asked");
  const std::string media = facts.ovf_error ? "the provisioning media could not be read (" +
                                                  facts.ovf_error->to_string() + ")"
                                            : "there is no provisioning media";
  const std::string imds = facts.imds_of_other_vm ? ", and IMDS cannot be used either"
                                                  : ", and IMDS could not be read either";
  findings.push_back({Severity::kFatal, std::move(error).with_context(media + imds)});
}

/// Whether the media may have had what IMDS does not have: a password, or custom data.
bool may_miss_media(const imds::Instance* imds) {
  return imds == nullptr || imds->disable_password_authentication != true ||
         imds->has_custom_data != false;
}

void judge_imds_answer(const Facts& facts, const imds::Instance& imds, Findings& findings) {
  for (const auto& part : imds.lost) {
    findings.push_back(
        {Severity::kDegraded, Error(Cause::kImdsPartLost, part.what)
                                  .with_detail(part.key)
                                  .with_context("a part of IMDS's answer could not be used")});
  }
  for (const auto& warning : imds.warnings) {
    findings.push_back({Severity::kNote, Error(Reason::kImdsInvalidKey, warning)});
  }
  if (!facts.left_pool && imds::speaks_for_other_vm(imds.vm_id, facts.identity.vm_id)) {
    findings.push_back(
        {Severity::kDegraded,
         Error(Cause::kImdsOfOtherVm,
               "IMDS speaks for another VM, and is used because of [Imds] OtherVm=use: it gives "
               "the VM id " +
                   imds.vm_id + ", the firmware " + facts.identity.vm_id)
             .with_detail("vmId")});
  }
}

void judge_media_and_imds(const Facts& facts, Findings& findings) {
  if (!facts.ovf && !facts.imds) return judge_missing_sources(facts, findings);
  if (facts.imds_error && !facts.imds) {
    const std::string what =
        facts.imds_of_other_vm ? "IMDS was set aside" : "IMDS could not be read";
    findings.push_back(
        {Severity::kDegraded, with_media_used(*facts.imds_error)
                                  .with_context(what + "; provisioning from media alone")});
  }
  const auto* imds = facts.instance();
  if (facts.ovf_error) {
    const bool missed = may_miss_media(imds);
    findings.push_back(
        {missed ? Severity::kDegraded : Severity::kNote,
         with_imds_used(media_error(*facts.ovf_error))
             .with_context(
                 std::string("the media could not be read; provisioning from IMDS "
                             "alone") +
                 (missed ? ", without the password or custom data that may be on it" : ""))});
  }
  if (imds != nullptr) judge_imds_answer(facts, *imds, findings);
}

/// "IMDS osProfile.computerName is 'a', HostName in ovf-env.xml is 'b'; using that of IMDS"
std::string describe_difference(const Named& imds, const Named& media) {
  return imds.why + " is '" + printable(imds.value) + "', " + media.why + " is '" +
         printable(media.value) + "'; using that of IMDS";
}

void judge_difference(Severity severity, Cause cause, const Named& imds, const Named& media,
                      Findings& findings) {
  if (imds.value.empty() || media.value.empty() || imds.value == media.value) return;
  findings.push_back({severity, Error(cause, describe_difference(imds, media))});
}

/// The fingerprints of the valid keys in key strings.
using Fingerprints = std::set<std::string>;

void add_fingerprints(std::string_view text, Fingerprints& prints) {
  for (const auto& key : parse_key_string(text)) {
    if (key && prints.size() < kSshKeysMost) prints.insert(key->fingerprint);
  }
}

/// Lists the first fingerprints of `prints` that `others` lacks. Empty if it lacks none.
std::string describe_only_in(const Fingerprints& prints, const Fingerprints& others) {
  constexpr std::size_t kListed = 3;
  std::vector<std::string> only;
  std::ranges::set_difference(prints, others, std::back_inserter(only));
  const auto count = only.size();
  only.resize(std::min(count, kListed));
  return join(only, ", ") +
         (count > kListed ? " and " + std::to_string(count - kListed) + " more" : "");
}

void judge_keys(const imds::Instance& imds, const imds::Ovf& media, Findings& findings) {
  Fingerprints of_imds;
  Fingerprints of_media;
  for (const auto& key : imds.public_keys) add_fingerprints(key.key_data, of_imds);
  for (const auto& key : media.public_keys) add_fingerprints(key.value, of_media);
  if (of_imds.empty() || of_media.empty() || of_imds == of_media) return;
  std::vector<std::string> parts;
  const auto add = [&](const std::string& where, const std::string& which) {
    if (!which.empty()) parts.push_back("only in " + where + ": " + which);
  };
  add("IMDS", describe_only_in(of_imds, of_media));
  add("ovf-env.xml", describe_only_in(of_media, of_imds));
  findings.push_back({Severity::kNote, Error(Cause::kSshKeysDiffer,
                                             "IMDS and ovf-env.xml have different SSH keys (" +
                                                 join(parts, "; ") + "); using those of IMDS")});
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
}

void judge_disagreement(const Facts& facts, Findings& findings) {
  const auto* imds = facts.instance();
  if (imds == nullptr || !facts.ovf) return;
  judge_difference(Severity::kDegraded, Cause::kUserNamesDiffer,
                   {imds->admin_username, "IMDS osProfile.adminUsername"},
                   {facts.ovf->user_name, "UserName in ovf-env.xml"}, findings);
  judge_difference(Severity::kNote, Cause::kHostNamesDiffer,
                   {imds->computer_name, "IMDS osProfile.computerName"},
                   {facts.ovf->host_name, "HostName in ovf-env.xml"}, findings);
  judge_keys(*imds, *facts.ovf, findings);
}

std::string preprovisioned_type(const Facts& facts) {
  if (facts.left_pool) return {};
  if (facts.ovf && imds::names_pool(facts.ovf->preprovisioned_type))
    return facts.ovf->preprovisioned_type;
  const auto* imds = facts.instance();
  return imds != nullptr && imds::names_pool(imds->pps_type) ? imds->pps_type : std::string();
}

}  // namespace azl::provision
