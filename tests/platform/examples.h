// The example scenarios that 'azl-platform scenario' prints.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

struct Example {
  std::string_view name;
  std::string_view summary;  ///< one line
  std::string_view text;     ///< a scenario file
};

[[nodiscard]] std::span<const Example> examples();
/// Returns nullopt if there is no example of that name.
[[nodiscard]] std::optional<Example> find_example(std::string_view name);

/// Returns the text of the example of that name, or of the scenario file if there is no such
/// example; "-" is standard input.
[[nodiscard]] Result<std::string> read_scenario(const std::string& name_or_path);
/// Parses the example of that name, or the scenario file if there is no such example; "-" is
/// standard input.
[[nodiscard]] Result<Scenario> find_scenario(const std::string& name_or_path);

}  // namespace azl::platform
