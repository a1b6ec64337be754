// ovf-env.xml, the document on the provisioning DVD of an Azure VM.
#pragma once

#include <string>
#include <string_view>

#include "tests/platform/scenario.h"

namespace azl::platform {

/// Returns the text of ovf-env.xml, or the scenario's `ovf.body` unchanged if it is given. Empty if
/// the scenario has no media.
[[nodiscard]] std::string ovf_document(const Scenario& scenario);

/// Returns true if the document can have an element of this local name.
[[nodiscard]] bool is_ovf_element(std::string_view name);
/// Returns all element names, for messages.
[[nodiscard]] std::string ovf_element_names();

}  // namespace azl::platform
