#include "provision/cli/report.h"

#include <cstdlib>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "provision/cli/bundle.h"
#include "provision/cli/output.h"
#include "provision/engine/gate.h"
#include "provision/gather/tree.h"
#include "provision/report/json.h"
#include "provision/report/text.h"

namespace azl::provision {
namespace {

constexpr int kWidth = 80;  // without a terminal

int terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kWidth;
}

TextStyle choose_style(const ReportOptions& options) {
  const bool terminal = options.output.empty() && ::isatty(STDOUT_FILENO) != 0;
  const int width = options.width > 0 ? options.width : terminal ? terminal_width() : kWidth;
  return {.width = width,
          .colour = terminal && !options.no_color && std::getenv("NO_COLOR") == nullptr};
}

}  // namespace

ReportInputs read_report_inputs(const Root& root) {
  auto gate = check_gate(root);
  return read_report_inputs(
      root, {.acts = gate.open,
             .why_not = std::move(gate.why),
             .will_start = root.live() && is_unit_enabled(root, "azl-provision.target"),
             .vm_id = std::move(gate.identity.vm_id),
             .sees_firmware = gate.sees_firmware,
             .now_us = SystemClock().now().time_since_epoch().count()});
}

int report_command(const ReportOptions& options) {
  if (!options.bundle.empty()) return bundle_command(options);
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto inputs = read_report_inputs(*root);
  if (options.list) return write_output(describe_boots(inputs), options.output);
  const auto choice = choose_boot(inputs, options.boot);
  if (!choice) return print_error(choice.error());
  if (options.format == "json") return write_output(to_json(inputs, *choice), options.output);
  return write_output(to_text(inputs, *choice, choose_style(options)), options.output);
}

}  // namespace azl::provision
