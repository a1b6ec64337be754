// Facts with given SSH keys.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/provision/samples.h"

namespace azl::test {

/// How the media names a key without a text.
inline constexpr const char* kCertificatePrint = "00112233445566778899AABBCCDDEEFF00112233";

/// Returns good_facts() with these keys in IMDS and on the media. An empty key of the media has
/// only the fingerprint of a certificate.
inline provision::Facts with_keys(const std::vector<std::string>& imds,
                                  const std::vector<std::string>& ovf) {
  auto facts = good_facts();
  facts.imds->instance.public_keys.clear();
  facts.ovf->public_keys.clear();
  for (const auto& key : imds) facts.imds->instance.public_keys.push_back({key, ""});
  for (const auto& key : ovf)
    facts.ovf->public_keys.push_back({key.empty() ? kCertificatePrint : "AB", "", key});
  return facts;
}

}  // namespace azl::test
