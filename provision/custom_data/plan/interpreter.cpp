#include "provision/custom_data/plan/interpreter.h"

#include "base/text.h"

namespace azl::provision::custom_data {

Interpreter parse_interpreter(std::string_view script) {
  if (!script.starts_with("#!")) return {};
  const auto line = trim(script.substr(2, script.find('\n') - 2));
  const auto space = line.find_first_of(" \t");
  if (space == std::string_view::npos) return {.path = std::string(line), .argument = {}};
  return {.path = std::string(line.substr(0, space)),
          .argument = std::string(trim(line.substr(space)))};
}

}  // namespace azl::provision::custom_data
