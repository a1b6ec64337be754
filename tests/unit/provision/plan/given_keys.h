// Facts with given SSH keys.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/provision/samples.h"

namespace azl::test {

/// Returns good_facts() with these keys in IMDS and on the media.
inline provision::Facts with_keys(const std::vector<std::string>& imds,
                                  const std::vector<std::string>& ovf) {
  auto facts = good_facts();
  facts.imds->instance.public_keys.clear();
  facts.ovf->public_keys.clear();
  for (const auto& key : imds) facts.imds->instance.public_keys.push_back({key, ""});
  for (const auto& key : ovf) facts.ovf->public_keys.push_back({"AB", "", key});
  return facts;
}

}  // namespace azl::test
