#include "provision/cloud_init/query.h"

#include "base/text.h"

namespace azl::provision::cloud_init {

using nlohmann::json;

std::expected<json, std::string> find_variable(const json& variables, std::string_view path) {
  const json* value = &variables;
  std::string walked;
  auto rest = path;
  while (true) {
    const auto dot = rest.find('.');
    const std::string name(rest.substr(0, dot));
    const bool found = value->is_object() && value->contains(name);
    if (!found && walked.empty())
      return std::unexpected("Undefined instance-data key '" + printable(path) + "'");
    if (!found)
      return std::unexpected("instance-data '" + printable(walked) + "' has no '" +
                             printable(name) + "'");
    value = &(*value)[name];
    walked += (walked.empty() ? "" : ".") + name;
    if (dot == std::string_view::npos) return *value;
    rest.remove_prefix(dot + 1);
  }
}

std::expected<std::string, std::string> list_names(const json& value, std::string_view path) {
  if (!value.is_object())
    return std::unexpected("--list-keys provided but '" + printable(path) + "' is not a dict");
  std::string names;
  for (const auto& [name, unused] : value.items()) names += name + "\n";
  return names;
}

std::string print_value(const json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) return *text + "\n";
  return value.dump(1, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace azl::provision::cloud_init
