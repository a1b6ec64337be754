// What is wrong with a document, as the record and the plan have it.
#pragma once

#include <string>

#include "provision/custom_data/parse/remark.h"
#include "provision/plan/finding.h"

namespace azl::provision::custom_data {

/// "part-001, line 3: ", or what is known of it. Empty if nothing is.
[[nodiscard]] std::string describe_place(const Place& place);

/// A note stays a note. Anything else means that the document is not carried out as it is written,
/// so the finding is degraded. Its cause is kCustomDataDocument.
[[nodiscard]] Finding make_finding(const Remark& remark);

}  // namespace azl::provision::custom_data
