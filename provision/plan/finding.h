// What a decision finds wrong with its input.
#pragma once

#include <vector>

#include "base/error.h"
#include "provision/record/words.h"

namespace azl::provision {

/// A problem with the input, and what it means for the boot.
struct Finding {
  Severity severity;
  Error error;
};

/// In the order in which they were found.
using Findings = std::vector<Finding>;

}  // namespace azl::provision
