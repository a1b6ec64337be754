#include "provision/custom_data/plan/path_components.h"

#include "base/text.h"

namespace azl::provision::custom_data {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> components;
  for (const auto component : split(path, '/')) {
    if (component == ".") continue;
    if (component != "..") {
      components.emplace_back(component);
    } else if (!components.empty()) {
      components.pop_back();
    }
  }
  return components;
}

}  // namespace azl::provision::custom_data
