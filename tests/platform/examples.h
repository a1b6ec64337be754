// The example scenarios that 'azl-platform scenario' prints.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace azl::platform {

struct Example {
  std::string_view name;
  std::string_view summary;  ///< one line
  std::string_view text;     ///< a scenario file
};

[[nodiscard]] std::span<const Example> examples();
/// Returns nullopt if there is no example of that name.
[[nodiscard]] std::optional<Example> find_example(std::string_view name);

}  // namespace azl::platform
