#include "provision/cli/status.h"

#include <cstdio>

#include "base/clock.h"
#include "base/text.h"
#include "provision/cli/output.h"
#include "provision/cli/report.h"
#include "provision/config/values.h"
#include "provision/report/status.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPause = 200ms;

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
  auto status = decide_status(read_report_inputs(*root));
  while (options.wait && status.exit_status == kExitInProgress && !deadline.passed()) {
    clock.sleep(kPause);
    status = decide_status(read_report_inputs(*root));
  }
  std::printf("%s\n", printable_line(status.sentence).c_str());
  return status.exit_status;
}

}  // namespace azl::provision
