// ovf-env.xml, the document on an Azure VM's provisioning DVD.
#pragma once

#include <string>
#include <string_view>

#include "tests/platform/scenario.h"

namespace azl::platform {

/// The text of ovf-env.xml, or the scenario's `ovf.body` as it is. Empty where the scenario has no
/// media.
[[nodiscard]] std::string ovf_document(const Scenario& scenario);

/// Whether the document can have an element of this local name.
[[nodiscard]] bool is_ovf_element(std::string_view name);
/// Their names, for messages.
[[nodiscard]] std::string ovf_element_names();

}  // namespace azl::platform
