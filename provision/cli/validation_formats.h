// `validate` for programs.
#pragma once

#include <string>

#include "provision/cli/validation.h"

namespace azl::provision {

/// As docs/validate-schema.json describes it.
[[nodiscard]] std::string validation_to_json(const Validation& validation);

/// SARIF 2.1.0, which code scanners and editors read. Lines are those of the file. A remark about a
/// part that was decoded has no line; its text says where it is.
[[nodiscard]] std::string validation_to_sarif(const Validation& validation);

/// Workflow commands of GitHub Actions, one line for each remark, which the web shows at the line.
[[nodiscard]] std::string validation_to_github(const Validation& validation);

}  // namespace azl::provision
