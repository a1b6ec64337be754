// The sentences of a configuration's warnings.
#pragma once

#include <string>
#include <vector>

#include "provision/config/config.h"

namespace azl::test {

inline std::vector<std::string> warnings_of(const provision::Config& config) {
  std::vector<std::string> texts;
  for (const auto& warning : config.warnings) texts.push_back(warning.text);
  return texts;
}

}  // namespace azl::test
