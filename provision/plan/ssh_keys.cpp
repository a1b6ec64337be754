#include "provision/plan/ssh_keys.h"

#include <cstddef>
#include <set>
#include <utility>

#include "imds/certificates/fingerprint.h"
#include "provision/accounts/key_string.h"
#include "provision/plan/certificates.h"

namespace azl::provision {
namespace {

/// A key string, and the source that gave it.
using GivenKey = std::pair<std::string, std::string>;
/// A key of such a string, or why it is refused, and the source.
using ReadKey = std::pair<Result<SshKey>, std::string>;

/// Stops after the first key that is one too many.
std::vector<ReadKey> read_keys(const std::vector<GivenKey>& given) {
  std::vector<ReadKey> keys;
  for (const auto& [text, source] : given) {
    if (keys.size() > kSshKeysMost) break;
    for (auto& key : parse_key_string(text)) keys.emplace_back(std::move(key), source);
  }
  return keys;
}

std::vector<PlannedKey> check_keys(const std::vector<GivenKey>& given, Findings& findings) {
  std::vector<PlannedKey> keys;
  std::set<std::string> known;
  std::size_t number = 0;
  auto read = read_keys(given);
  for (auto& [key, source] : read) {
    if (++number > kSshKeysMost) {
      findings.push_back({Severity::kDegraded,
                          Error(Cause::kTooManyKeys, "the platform gave more than " +
                                                         std::to_string(kSshKeysMost) +
                                                         " SSH keys; the others are not used")});
      break;
    }
    if (!key) {
      findings.push_back(
          {Severity::kDegraded,
           std::move(key.error())
               .with_context("SSH key " + std::to_string(number) + " of " +
                             std::to_string(read.size()) + " (" + source + ") was skipped")});
    } else if (known.insert(key->base64).second) {
      keys.push_back({std::move(*key), source});
    }
  }
  return keys;
}

std::vector<PlannedKey> check_imds_keys(const Facts& facts, Findings& findings) {
  std::vector<GivenKey> given;
  if (const auto* imds = facts.instance()) {
    for (const auto& key : imds->public_keys) given.emplace_back(key.key_data, "IMDS publicKeys");
  }
  return check_keys(given, findings);
}

/// A key without a text is named by the fingerprint of a certificate, or by nothing that helps.
void judge_keys_without_text(const imds::Ovf& ovf, bool has_keys, Findings& findings) {
  std::size_t named = 0;
  std::size_t nameless = 0;
  for (const auto& key : ovf.public_keys) {
    if (key.value.empty()) ++(imds::parse_fingerprint(key.fingerprint) ? named : nameless);
  }
  if (nameless > 0) {
    findings.push_back(
        {Severity::kDegraded,
         Error(Cause::kCertificateKey,
               std::to_string(nameless) +
                   " SSH key(s) in ovf-env.xml have neither a value nor the SHA-1 fingerprint of a "
                   "certificate")});
  }
  if (named > 0 && has_keys) {
    findings.push_back({Severity::kDegraded,
                        Error(Cause::kCertificateKey,
                              std::to_string(named) +
                                  " SSH key(s) in ovf-env.xml have only a certificate's "
                                  "fingerprint; certificates are not fetched, because there is a "
                                  "usable key")});
  }
}

std::vector<PlannedKey> check_media_keys(const imds::Ovf& ovf, Findings& findings) {
  std::vector<GivenKey> given;
  for (const auto& key : ovf.public_keys) {
    if (!key.value.empty()) given.emplace_back(key.value, "PublicKey in ovf-env.xml");
  }
  auto keys = check_keys(given, findings);
  judge_keys_without_text(ovf, !keys.empty(), findings);
  return keys;
}

}  // namespace

std::vector<PlannedKey> decide_ssh_keys(const Facts& facts, Findings& findings) {
  auto keys = check_imds_keys(facts, findings);
  if (keys.empty() && facts.ovf) keys = check_media_keys(*facts.ovf, findings);
  if (keys.empty()) keys = decide_certificate_keys(facts, findings);
  return keys;
}

}  // namespace azl::provision
