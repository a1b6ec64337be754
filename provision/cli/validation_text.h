// `validate` for people: as a compiler prints what it finds.
#pragma once

#include <string>

#include "provision/cli/validation.h"
#include "provision/report/style.h"

namespace azl::provision {

/// The remarks with their lines, of which only our own words are shown; what the document does; and
/// a line of numbers.
///
///   app.yaml:2:1: warning: cloud-config has no key "run_cmd" [unknown-key]
///       2 | run_cmd: …
///         | ^
///     help: did you mean runcmd?
///
/// If the file has several parts, or one that was decoded, the part's name stands after the file's.
[[nodiscard]] std::string describe_validation(const Validation& validation, const TextStyle& style);

}  // namespace azl::provision
