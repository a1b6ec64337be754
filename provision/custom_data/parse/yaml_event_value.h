// The value of one YAML event.
#pragma once

#include <expected>
#include <string>

#include "provision/custom_data/parse/yaml_events.h"
#include "provision/custom_data/parse/yaml_tree.h"

namespace azl::provision::custom_data {

/// Makes the value of a scalar by its tag. Fails if its text does not fit the tag.
[[nodiscard]] std::expected<YamlNode, YamlFailure> make_yaml_scalar(const YamlEvent& event);

/// Returns a failure at the place of an event.
[[nodiscard]] std::unexpected<YamlFailure> refuse_event(const YamlEvent& event, std::string text,
                                                        std::string advice = {});

}  // namespace azl::provision::custom_data
