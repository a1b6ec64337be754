#include "provision/cli/status.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/text.h"
#include "provision/cli/output.h"
#include "provision/cli/report.h"
#include "provision/config/values.h"
#include "provision/report/long_status.h"
#include "provision/report/status.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPause = 200ms;

/// Returns 0, or kExitFailed if it could not be printed.
int print_status(const ReportInputs& inputs, const Status& status, const StatusOptions& options) {
  if (options.format == "json") return write_output(status_to_json(inputs, status));
  const auto style = decide_style(options.style, look_at_terminal());
  if (options.long_form)
    return write_text(describe_status(inputs, status, options.root, style.text), style);
  const auto sentence = printable_line(status.sentence);
  return write_output((style.text.ascii ? to_ascii(sentence) : sentence) + "\n");
}

}  // namespace

int status_command(const StatusOptions& options) {
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto limit = parse_time_span(options.timeout);
  if (!limit)
    return print_error(Error(Reason::kUsage, "--timeout=" + printable(options.timeout) +
                                                 " is not a time span such as 90s or 5min"));
  if (options.guest_agent) return guest_agent_may_start(read_report_inputs(*root)) ? 0 : 1;
  SystemClock clock;
  const Deadline deadline(clock, *limit);
  auto inputs = read_report_inputs(*root);
  auto status = decide_status(inputs);
  while (options.wait && status.exit_status == kExitInProgress && !deadline.passed()) {
    clock.sleep(kPause);
    inputs = read_report_inputs(*root);
    status = decide_status(inputs);
  }
  const int written = print_status(inputs, status, options);
  return written == kExitDone ? status.exit_status : written;
}

}  // namespace azl::provision
