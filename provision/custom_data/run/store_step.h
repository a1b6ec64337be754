// Stores the custom data that the platform gave, before Ready is reported.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "provision/gather/facts.h"
#include "provision/step/context.h"
#include "provision/step/result.h"

namespace azl::provision::custom_data {

/// Stores the media's CustomData, else IMDS userData, for the stages of custom data. Erases what
/// was stored for another VM. `host_name`: the name of this VM. Errors: as Root::write.
[[nodiscard]] StepResult store_custom_data(const Context& context, const Facts& facts,
                                           const std::string& host_name);

/// What the templates of this VM's document can use, parse/instance_variables.h.
[[nodiscard]] nlohmann::json make_variables(const Context& context, const Facts& facts,
                                            const std::string& host_name);

}  // namespace azl::provision::custom_data
