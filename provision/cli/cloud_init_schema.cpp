#include "provision/cli/cloud_init_schema.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"

namespace azl::provision {
namespace {

using custom_data::PartKind;
using custom_data::Remark;
using custom_data::RemarkLevel;

/// Whether cloud-init's schema refuses it too.
bool is_error(const Remark& remark) {
  return remark.level == RemarkLevel::kError || remark.rule == "unknown-key" ||
         remark.rule == "not-run-text";
}

std::string describe(const Remark& remark) {
  return printable_line(remark.text + (remark.advice.empty() ? "" : " (" + remark.advice + ")"));
}

/// "format-l2.c1: cloud-config has no key "foo""
std::string describe_problem(const Validation& validation, const Remark& remark) {
  const auto place = find_file_place(validation, remark.place);
  return "format-l" + std::to_string(place ? place->line : 1) + ".c" +
         std::to_string(std::max(1, place ? place->column : 1)) + ": " + describe(remark);
}

std::string join_problems(const Validation& validation, const std::vector<const Remark*>& remarks) {
  std::vector<std::string> texts;
  for (const auto* remark : remarks) texts.push_back(describe_problem(validation, *remark));
  return join(texts, ", ");
}

/// The lines of the file, those that are wrong with the numbers of their errors, and the errors.
std::string annotate_file(const Validation& validation, std::string_view text,
                          const std::vector<const Remark*>& errors) {
  std::map<int, std::vector<std::string>> marks;
  std::string list;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const auto place = find_file_place(validation, errors[i]->place);
    const auto mark = "E" + std::to_string(i + 1);
    marks[place ? place->line : 1].push_back(mark);
    list += "# " + mark + ": " + describe(*errors[i]) + "\n";
  }
  std::string annotated;
  int number = 0;
  for (const auto line : split_lines(text)) {
    const auto found = marks.find(++number);
    annotated += std::string(line) +
                 (found == marks.end() ? "" : "\t\t# " + join(found->second, ",")) + "\n";
  }
  if (errors.empty()) return annotated;
  return annotated + "\n# Errors: -------------\n" + list + "\n";
}

bool has_cloud_config(const Validation& validation) {
  return std::ranges::any_of(validation.plan.parts, [](const custom_data::PartSummary& part) {
    return part.kind == PartKind::kCloudConfig;
  });
}

/// What is said of a file without errors.
std::string describe_valid(const Validation& validation) {
  if (validation.plan.parts.empty())
    return "Empty 'cloud-config' found at " + validation.file + ". Nothing to validate.\n";
  if (has_cloud_config(validation)) return "Valid schema " + validation.file + "\n";
  return "User-data type '" +
         std::string(custom_data::to_string(validation.plan.parts.front().kind)) +
         "' not currently evaluated by cloud-init schema\n";
}

}  // namespace

SchemaAnswer describe_schema(const Validation& validation, std::string_view text, bool annotate) {
  std::vector<const Remark*> errors;
  std::vector<const Remark*> warnings;
  for (const auto& remark : validation.plan.remarks) {
    if (is_error(remark)) {
      errors.push_back(&remark);
    } else if (remark.level == RemarkLevel::kWarning) {
      warnings.push_back(&remark);
    }
  }
  SchemaAnswer answer;
  if (!warnings.empty() && !annotate)
    answer.out += "Cloud config schema warnings: " + join_problems(validation, warnings) + "\n";
  if (annotate) answer.out += annotate_file(validation, text, errors);
  if (errors.empty()) {
    answer.out += describe_valid(validation);
    return answer;
  }
  if (!annotate) {
    answer.out += "Invalid user-data " + validation.file + "\n";
    answer.err +=
        "Error: Cloud config schema errors: " + join_problems(validation, errors) + "\n\n";
  }
  answer.err += "Error: Invalid schema: user-data\n\n";
  answer.exit_status = 1;
  return answer;
}

}  // namespace azl::provision
