#include "provision/cli/validate.h"

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "provision/cli/output.h"
#include "provision/cli/sample_vm.h"
#include "provision/cli/validation.h"
#include "provision/cli/validation_formats.h"
#include "provision/cli/validation_text.h"
#include "provision/custom_data/parse/instance_variables.h"
#include "provision/gather/documents.h"

namespace azl::provision {
namespace {

constexpr std::size_t kFileLimit = std::size_t{16} << 20;
constexpr std::size_t kVariablesLimit = std::size_t{1} << 20;

Result<std::string> read_standard_input() {
  std::string text;
  std::string block(std::size_t{64} << 10, '\0');
  while (text.size() <= kFileLimit) {
    const auto size = std::fread(block.data(), 1, block.size(), stdin);
    text.append(block, 0, size);
    if (std::ferror(stdin) != 0) return fail(Reason::kIo, "standard input cannot be read");
    if (size == 0) return text;
  }
  return fail(Reason::kUsage,
              "standard input has more than " + std::to_string(kFileLimit) + " bytes");
}

Result<nlohmann::json> read_variables(const std::string& path) {
  if (path.empty()) return make_sample_variables();
  const auto text = OR_RETURN(read_named_file(path, kVariablesLimit));
  auto variables = OR_RETURN(parse_json(text, kVariablesLimit, Reason::kUsage), "reading " + path);
  if (!variables.is_object())
    return fail(Reason::kUsage, "the variables in " + path + " are no JSON object");
  return custom_data::complete_variables(std::move(variables));
}

int print(const Validation& validation, const ValidateOptions& options) {
  if (options.format == "json") return write_output(validation_to_json(validation));
  if (options.format == "sarif") return write_output(validation_to_sarif(validation));
  if (options.format == "github") return write_output(validation_to_github(validation));
  const auto style = decide_style(options.style, look_at_terminal());
  return write_text(describe_validation(validation, style.text), style);
}

/// A file that cannot be read is a mistake on the command line, not in the document.
int refuse(const Error& error) {
  (void)print_argument_error(error);
  return kExitUsage;
}

}  // namespace

int validate_command(const ValidateOptions& options) {
  const auto text =
      options.file == "-" ? read_standard_input() : read_named_file(options.file, kFileLimit);
  if (!text) return refuse(text.error());
  const auto variables = read_variables(options.variables);
  if (!variables) return refuse(variables.error());
  const auto validation = validate(options.file, *text, *variables, options.variables.empty());
  const int written = print(validation, options);
  return written == kExitDone ? find_exit_status(validation) : written;
}

}  // namespace azl::provision
