// The "#!" line of a script.
#pragma once

#include <string>
#include <string_view>

namespace azl::provision::custom_data {

/// The interpreter of a script and its argument. Both are empty if the script has none.
struct Interpreter {
  std::string path;
  std::string argument;
};

/// Parses a script's first line as execve(2) does: "#!/bin/sh -e x" gives "/bin/sh" and "-e x".
[[nodiscard]] Interpreter parse_interpreter(std::string_view script);

}  // namespace azl::provision::custom_data
