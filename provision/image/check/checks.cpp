#include "provision/image/check/checks.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace azl::provision {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

std::string_view to_string(CheckSeverity severity) {
  switch (severity) {
    case CheckSeverity::kNote:
      return "note";
    case CheckSeverity::kWarning:
      return "warning";
    case CheckSeverity::kError:
      break;
  }
  return "error";
}

const CheckInfo& info_of(Check check) { return checks()[static_cast<std::size_t>(check)]; }

const CheckInfo* find_check(std::string_view code) {
  const auto rows = checks();
  const auto found = std::ranges::find(rows, code, &CheckInfo::code);
  return found == rows.end() ? nullptr : &*found;
}

CheckCounts count_findings(const CheckFindings& findings) {
  CheckCounts counts;
  for (const auto& finding : findings) {
    switch (info_of(finding.check).severity) {
      case CheckSeverity::kNote:
        ++counts.notes;
        break;
      case CheckSeverity::kWarning:
        ++counts.warnings;
        break;
      case CheckSeverity::kError:
        ++counts.errors;
        break;
    }
  }
  return counts;
}

int exit_status_of(const CheckCounts& counts) {
  if (counts.errors > 0) return 1;
  return counts.warnings > 0 ? 2 : 0;
}

std::string describe_remedy(const CheckFinding& finding, std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  std::string remedy(info_of(finding.check).remedy);
  for (const std::string_view in_path : {"{dir}/", "{dir}{file}"})
    replace_all(remedy, in_path, std::string(directory) + std::string(in_path.substr(5)));
  replace_all(remedy, "{dir}", directory.empty() ? "/" : directory);
  replace_all(remedy, "{file}", finding.path.empty() ? "FILE" : finding.path);
  replace_all(remedy, "{name}", finding.name.empty() ? "NAME" : finding.name);
  return remedy;
}

}  // namespace azl::provision
