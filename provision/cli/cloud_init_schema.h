// `cloud-init schema`: what `azl-provision validate` finds, in cloud-init's words.
#pragma once

#include <string>
#include <string_view>

#include "provision/cli/validation.h"

namespace azl::provision {

struct SchemaAnswer {
  std::string out = {};
  std::string err = {};
  int exit_status = 0;  ///< 1: the file is not valid
};

/// Says whether a cloud-config file is valid. An unknown key makes it invalid, as for cloud-init;
/// what azl-provision ignores, or does otherwise, does not. `annotate`: prints the file with a
/// number at each line that is wrong. Pure.
[[nodiscard]] SchemaAnswer describe_schema(const Validation& validation, std::string_view text,
                                           bool annotate);

}  // namespace azl::provision
