#include "provision/plan/certificates.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "imds/certificates/fingerprint.h"
#include "provision/accounts/key_conversion.h"
#include "provision/accounts/key_string.h"

namespace azl::provision {
namespace {

bool is_named_by_certificate(const imds::OvfPublicKey& key) {
  return key.value.empty() && imds::parse_fingerprint(key.fingerprint).has_value();
}

bool has_usable_key(std::string_view text) {
  return std::ranges::any_of(parse_key_string(text), [](const auto& key) { return bool(key); });
}

/// "AB…, CD… and 3 more"
std::string list_fingerprints(const std::vector<imds::DeployedCertificate>& certificates) {
  constexpr std::size_t kListed = 3;
  std::vector<std::string> listed;
  for (const auto& certificate : certificates) {
    if (listed.size() < kListed) listed.push_back(certificate.fingerprint);
  }
  const auto more = certificates.size() - listed.size();
  return join(listed, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

/// Returns the key of the certificate with this fingerprint.
Result<SshKey> find_key(const std::vector<imds::DeployedCertificate>& certificates,
                        const std::string& fingerprint) {
  const auto found =
      std::ranges::find(certificates, fingerprint, &imds::DeployedCertificate::fingerprint);
  if (found == certificates.end()) {
    return fail(Cause::kCertificateMissing,
                "the platform gave no certificate with the fingerprint " + fingerprint +
                    (certificates.empty() ? "" : ", but " + list_fingerprints(certificates)));
  }
  auto line = convert_pem("CERTIFICATE", base64_encode(found->der));
  auto key = line ? parse_ssh_key(*line) : Result<SshKey>(std::unexpected(line.error()));
  if (key) return key;
  return fail(std::move(key.error()).with_cause(Cause::kCertificateKeyKind),
              "the key of the certificate " + fingerprint + " cannot be used");
}

}  // namespace

Choice decide_certificates(const Facts& facts) {
  const auto count =
      facts.ovf ? std::ranges::count_if(facts.ovf->public_keys, is_named_by_certificate) : 0;
  if (count == 0) return {false, "no SSH key is named by a certificate's fingerprint"};
  const auto* imds = facts.instance();
  const bool given_by_imds =
      imds != nullptr &&
      std::ranges::any_of(imds->public_keys, has_usable_key, &imds::ImdsPublicKey::key_data);
  if (given_by_imds) return {false, "IMDS gives a usable SSH key"};
  if (std::ranges::any_of(facts.ovf->public_keys, has_usable_key, &imds::OvfPublicKey::value))
    return {false, "ovf-env.xml gives a usable SSH key"};
  return {true, "ovf-env.xml names " + describe_count(count, "SSH key", "SSH keys") +
                    " by a certificate's fingerprint, and no usable key is given"};
}

bool awaits_certificates(const Facts& facts) {
  return !facts.certificates && decide_certificates(facts).yes;
}

std::vector<PlannedKey> decide_certificate_keys(const Facts& facts, Findings& findings) {
  std::vector<PlannedKey> keys;
  if (!facts.ovf || !facts.certificates) return keys;
  if (facts.certificates->error) {
    findings.push_back({Severity::kDegraded,
                        Error(*facts.certificates->error)
                            .with_context("the certificates of SSH keys could not be fetched")});
    return keys;
  }
  for (const auto& named : facts.ovf->public_keys) {
    if (!is_named_by_certificate(named) || keys.size() == kSshKeysMost) continue;
    const auto fingerprint = *imds::parse_fingerprint(named.fingerprint);
    auto key = find_key(facts.certificates->list, fingerprint);
    if (!key) {
      findings.push_back({Severity::kDegraded, std::move(key.error())});
    } else if (std::ranges::none_of(keys, [&](const PlannedKey& known) {
                 return known.key.base64 == key->base64;
               })) {
      keys.push_back({std::move(*key), "certificate " + fingerprint + ", which ovf-env.xml names"});
    }
  }
  return keys;
}

}  // namespace azl::provision
