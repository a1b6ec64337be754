#include "provision/cli/cloud_init_query.h"

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/root.h"
#include "base/text.h"
#include "provision/cli/output.h"
#include "provision/cloud_init/files.h"
#include "provision/cloud_init/query.h"
#include "provision/custom_data/parse/instance_variables.h"
#include "provision/custom_data/parse/jinja.h"
#include "provision/gather/documents.h"

namespace azl::provision {
namespace {

using nlohmann::json;

constexpr std::size_t kLimit = std::size_t{8} << 20;

int refuse(const std::string& sentence) {
  std::fprintf(stderr, "ERROR: %s\n", printable_line(sentence).c_str());
  return 1;
}

/// The variables as templates see them.
Result<json> read_variables(const Root& root, const std::string& file) {
  json variables;
  if (file.empty()) {
    auto data = cloud_init::read_instance_data(root);
    if (!data)
      return fail(Reason::kUsage,
                  "Missing instance-data file: " + std::string(cloud_init::kInstanceDataFile) +
                      "; azl-provision writes it when it provisions a VM with [CustomData] "
                      "CloudInitFiles=yes");
    variables = std::move(*data);
  } else {
    const auto text = OR_RETURN(read_named_file(file, kLimit));
    variables = OR_RETURN(parse_json(text, kLimit, Reason::kUsage), "reading " + file);
    if (!variables.is_object()) return fail(Reason::kUsage, file + " has no JSON object");
  }
  return custom_data::complete_variables(std::move(variables));
}

/// Adds a variable whose value is a file. What is no UTF-8 is base64, as for cloud-init.
Result<void> add_file(json& variables, const char* name, const std::string& file) {
  if (file.empty()) return {};
  auto text = OR_RETURN(read_named_file(file, kLimit));
  std::size_t valid = 0;
  while (const auto length = utf8_length(std::string_view(text).substr(valid))) valid += length;
  variables[name] = valid == text.size() ? std::move(text) : "ci-b64:" + base64_encode(text);
  return {};
}

Result<json> gather_variables(const Root& root, const CloudInitOptions& options) {
  auto variables = OR_RETURN(read_variables(root, options.instance_data));
  // Azure gives none.
  if (!variables.contains("vendordata")) variables["vendordata"] = "";
  OR_RETURN(add_file(variables, "userdata", options.user_data));
  OR_RETURN(add_file(variables, "vendordata", options.vendor_data));
  return variables;
}

int print_rendered(const json& variables, const std::string& text) {
  const auto rendered = custom_data::render_jinja("## template: jinja\n" + text, variables);
  if (!rendered)
    return refuse("Failed to render templated data. " + rendered.error().text +
                  (rendered.error().advice.empty() ? "" : ". " + rendered.error().advice));
  if (rendered->text.reveal().empty()) return 1;
  return write_output(std::string(rendered->text.reveal()) + "\n");
}

int print_variable(const json& variables, const CloudInitOptions& options) {
  auto value = variables;
  if (!options.name.empty()) {
    auto found = cloud_init::find_variable(variables, options.name);
    if (!found && options.name == "userdata")
      return refuse(
          "azl-provision does not keep userdata: what was carried out is erased, because it may "
          "hold secrets; 'azl-provision custom-data list' shows what it asked for");
    if (!found) return refuse(found.error());
    value = std::move(*found);
  }
  if (!options.list_keys) return write_output(cloud_init::print_value(value));
  const auto names = cloud_init::list_names(value, options.name);
  return names ? write_output(*names) : refuse(names.error());
}

}  // namespace

int cloud_init_query_command(const CloudInitOptions& options) {
  if (!options.all && !options.list_keys && options.name.empty() && options.text.empty())
    return refuse("Expected one of the options: --all, --format, --list-keys or varname");
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto variables = gather_variables(*root, options);
  if (!variables) return refuse(variables.error().to_string());
  return options.text.empty() ? print_variable(*variables, options)
                              : print_rendered(*variables, options.text);
}

}  // namespace azl::provision
