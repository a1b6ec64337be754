// A yes or no with its reason.
#pragma once

#include <string>

namespace azl::provision {

struct Choice {
  bool yes = false;
  std::string why;
};

}  // namespace azl::provision
