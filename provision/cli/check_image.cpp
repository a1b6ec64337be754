#include "provision/cli/check_image.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "base/process.h"
#include "base/root.h"
#include "provision/cli/image_report.h"
#include "provision/cli/output.h"
#include "provision/image/check/check_image.h"
#include "provision/image/check/fix_image.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

/// For everything that is read. Large initrds take seconds.
constexpr auto kTime = std::chrono::minutes(2);

CheckFindings look(const Root& root, const std::vector<std::string>& ignored) {
  const SystemClock clock;
  SystemProcesses processes;
  const Deadline deadline(clock, kTime);
  auto findings = check_image(read_image({root, processes, deadline}));
  std::erase_if(findings, [&](const CheckFinding& finding) {
    return std::ranges::find(ignored, info_of(finding.check).code) != ignored.end();
  });
  return findings;
}

int print(const ImageReport& report, const CheckImageOptions& options) {
  if (options.format == "json") return write_output(image_report_to_json(report));
  if (options.format == "sarif") return write_output(image_report_to_sarif(report));
  const auto style = decide_style(options.style, look_at_terminal());
  return write_text(image_report_to_text(report, style.text), style);
}

}  // namespace

int check_image_command(const CheckImageOptions& options) {
  const auto style = decide_style(options.style, look_at_terminal());
  if (options.list) return write_text(list_checks(), style);
  if (const auto* check = find_check(options.explain))
    return write_text(explain_check(*check, style.text), style);
  const auto root = Root::open(options.root);
  if (!root) {
    (void)print_argument_error(root.error());
    return kExitUsage;
  }
  ImageReport report = {.directory = root->directory(), .findings = look(*root, options.ignored)};
  if (options.fix) {
    report.fixes = fix_image(*root, report.findings);
    if (!report.fixes.empty()) report.findings = look(*root, options.ignored);
  }
  const int written = print(report, options);
  return written == kExitDone ? exit_status_of(count_findings(report.findings)) : written;
}

}  // namespace azl::provision
