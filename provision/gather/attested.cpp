#include "provision/gather/attested.h"

#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "imds/attested/fetch.h"
#include "imds/timeouts.h"
#include "provision/gather/imds.h"

namespace azl::provision {
namespace {

// Fedora and Azure Linux, Debian, and the older place of the first two.
constexpr auto kRootBundles = std::to_array<std::string_view>(
    {"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/certs/ca-certificates.crt",
     "/etc/pki/tls/certs/ca-bundle.crt"});
constexpr std::size_t kBundleLimit = std::size_t{4} << 20;
constexpr std::size_t kCertificateLimit = std::size_t{64} << 10;
constexpr std::size_t kMostIntermediates = 64;

std::string due_path() { return std::string(kRunDirectory) + "/attested"; }

Attested to_word(imds::AttestedVerdict verdict) {
  switch (verdict) {
    case imds::AttestedVerdict::kVerified:
      return Attested::kVerified;
    case imds::AttestedVerdict::kUnverified:
      return Attested::kUnverified;
    case imds::AttestedVerdict::kRefuted:
      return Attested::kRefuted;
  }
  return Attested::kUnverified;
}

/// What a document says counts only if it was verified: the record has nothing else.
AttestedRecord to_record(const imds::Attestation& attestation) {
  AttestedRecord record{.verdict = to_word(attestation.verdict()), .why = attestation.why};
  if (record.verdict != Attested::kVerified) return record;
  record.vm_id = attestation.document->vm_id;
  record.subscription_id = attestation.document->subscription_id;
  record.plan = attestation.document->plan;
  record.created = iso8601(attestation.document->created);
  record.signer = attestation.signer;
  return record;
}

imds::Attestation ask(const Context& context, const std::string& url, const std::string& vm_id,
                      Recorder& recorder) {
  const auto nonce = imds::make_nonce();
  auto& machine = context.machine;
  imds::AttemptLog attempts;
  const auto signature = imds::fetch_attested(machine.http, url, nonce, machine.clock,
                                              context.within(imds::kAttestedTimeout), attempts);
  recorder.record_attempts(attempts);
  if (!signature)
    return {.doubt = imds::AttestedDoubt::kNoAnswer, .why = signature.error().to_string()};
  return imds::verify_attested(*signature,
                               read_trusted_certificates(context.root(), context.config.imds),
                               {.vm_id = vm_id, .nonce = nonce, .now = machine.clock.wall()});
}

}  // namespace

StepResult leave_attested(const Context& context) {
  OR_RETURN(context.root().write(due_path(), "", {.mode = 0600}));
  return done("azl-provision-report.service asks; no login waits for it");
}

bool is_attested_due(const Root& root) { return root.exists(due_path()); }

imds::TrustedCertificates read_trusted_certificates(const Root& root, const ImdsConfig& config) {
  imds::TrustedCertificates trusted;
  for (const auto bundle : kRootBundles) {
    auto text = root.read_if_exists(bundle, kBundleLimit);
    if (!text || !*text || (*text)->empty()) continue;
    trusted.roots = std::move(**text);
    break;
  }
  auto names = root.list(config.attested_intermediates).value_or(std::vector<std::string>());
  if (names.size() > kMostIntermediates) names.resize(kMostIntermediates);
  for (const auto& name : names) {
    auto text = root.read_if_exists(config.attested_intermediates + "/" + name, kCertificateLimit);
    if (text && *text) trusted.intermediates.push_back(std::move(**text));
  }
  return trusted;
}

StepResult check_attested(const Context& context, const State& state, Recorder& recorder) {
  // Once for a boot, whatever comes of it.
  OR_RETURN(context.root().remove(due_path()));
  const auto url = imds_url_of(context);
  if (url.empty()) return skipped("a root tree has no metadata service; --imds-url gives it one");
  // A VM that left its pool may have another id than the firmware gives until the next boot.
  const auto& vm_id = state.next_vm_id.empty() ? context.identity.vm_id : state.next_vm_id;
  const auto attestation = ask(context, url, vm_id, recorder);
  auto record = to_record(attestation);
  recorder.record().attested = record;
  if (record.verdict == Attested::kRefuted) {
    recorder.record_finding(
        Severity::kDegraded,
        Error(Cause::kAttestedRefuted, attestation.why).with_detail("attested"));
  }
  if (record.verdict == Attested::kVerified)
    return done("Azure signed that this is VM " + printable(record.vm_id));
  return done("not verified: " + attestation.why);
}

}  // namespace azl::provision
