#include "provision/cli/cloud_init.h"

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "provision/cli/cloud_init_clean.h"
#include "provision/cli/cloud_init_query.h"
#include "provision/cli/cloud_init_schema.h"
#include "provision/cli/cloud_init_status.h"
#include "provision/cli/output.h"
#include "provision/cli/sample_vm.h"
#include "provision/cli/validation.h"
#include "provision/cloud_init/files.h"
#include "provision/custom_data/parse/instance_variables.h"
#include "provision/engine/cloud_init_files.h"
#include "provision/engine/gate.h"
#include "provision/gather/documents.h"

namespace azl::provision {
namespace {

using nlohmann::json;

constexpr std::size_t kFileLimit = std::size_t{16} << 20;

int refuse(const std::string& sentence) {
  std::fprintf(stderr, "Error: %s\n", printable_line(sentence).c_str());
  return 1;
}

/// What templates in the file can use: the variables of a file, else those of this VM. Returns
/// nullopt if neither is there.
Result<std::optional<json>> read_variables(const Root& root, const std::string& file) {
  if (file.empty()) {
    auto known = cloud_init::read_instance_data(root);
    if (!known) return std::nullopt;
    return custom_data::complete_variables(std::move(*known));
  }
  const auto text = OR_RETURN(read_named_file(file, kFileLimit));
  auto variables = OR_RETURN(parse_json(text, kFileLimit, Reason::kUsage), "reading " + file);
  if (!variables.is_object()) return fail(Reason::kUsage, file + " has no JSON object");
  return custom_data::complete_variables(std::move(variables));
}

int schema_command(const CloudInitOptions& options) {
  if (options.config_file.empty() && !options.system)
    return refuse("Expected one of --config-file or --system arguments");
  if (options.system)
    return refuse(
        "azl-provision does not keep custom data, so there is nothing to check; 'azl-provision "
        "--report' has what was wrong with it");
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto text = read_named_file(options.config_file, kFileLimit);
  if (!text) return refuse("Config file " + options.config_file + " does not exist");
  auto variables = read_variables(*root, options.instance_data);
  if (!variables) return refuse(variables.error().to_string());
  const bool sample = !variables->has_value();
  const auto validation =
      validate(options.config_file, *text,
               sample ? make_sample_variables() : std::move(**variables), sample);
  const auto answer = describe_schema(validation, *text, options.annotate);
  std::fputs(answer.err.c_str(), stderr);
  const int written = write_output(answer.out);
  return written == kExitDone ? answer.exit_status : written;
}

/// For cloud-final.service.
int finish_command(const CloudInitOptions& options) {
  if (::geteuid() != 0) return refuse("only root can do this");
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto gate = check_gate(*root);
  if (!gate.open) {
    std::fprintf(stderr, "azl-provision: %s\n", printable_line(gate.why).c_str());
    return kExitDone;
  }
  SystemMachine machine;
  const auto finished = finish_cloud_init_files(machine.at(*root), gate);
  return finished ? kExitDone : print_error(finished.error());
}

int refuse_missing(const CloudInitOptions& options) {
  return refuse("azl-provision has no 'cloud-init " + options.missing +
                "': it carries out custom data at boot by itself; see 'azl-provision --help' and "
                "cloud-init.md");
}

}  // namespace

int cloud_init_command(const CloudInitOptions& options) {
  switch (options.command) {
    case CloudInitCommand::kStatus:
      return cloud_init_status_command(options);
    case CloudInitCommand::kQuery:
      return cloud_init_query_command(options);
    case CloudInitCommand::kClean:
      return cloud_init_clean_command(options);
    case CloudInitCommand::kSchema:
      return schema_command(options);
    case CloudInitCommand::kFinish:
      return finish_command(options);
    case CloudInitCommand::kNotHere:
      break;
  }
  return refuse_missing(options);
}

}  // namespace azl::provision
