#include "provision/cli/report.h"

#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "imds/http.h"
#include "provision/cli/bundle.h"
#include "provision/cli/output.h"
#include "provision/config/config.h"
#include "provision/engine/gate.h"
#include "provision/gather/tree.h"
#include "provision/report/boot_list.h"
#include "provision/report/json.h"
#include "provision/report/otlp.h"
#include "provision/report/text.h"
#include "provision/tell/trace.h"

namespace azl::provision {
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

namespace {

int send(const Root& root, const ReportInputs& inputs, const ReportChoice& choice,
         const ReportOptions& options) {
  const auto endpoint =
      options.endpoint.empty() ? load_config(root).report.otlp_endpoint : options.endpoint;
  if (endpoint.empty()) {
    (void)print_argument_error(Error(Reason::kUsage,
                                     "no collector is named; set [Report] OtlpEndpoint=, or add "
                                     "--endpoint=http://COLLECTOR:4318"));
    return kExitUsage;
  }
  if (choice.boot == nullptr)
    return print_error(Error(Reason::kState, "there is no record of a boot to send"));
  SystemClock clock;
  const auto http = imds::make_curl_client();
  if (const auto sent = send_trace(*http, endpoint, to_otlp(inputs, choice), clock); !sent)
    return print_error(sent.error());
  return write_output("sent the trace of boot " + printable(choice.boot->boot_id) + " to " +
                      printable(trace_url(endpoint)) + "\n");
}

}  // namespace

int report_command(const ReportOptions& options) {
  if (!options.bundle.empty()) return bundle_command(options);
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  const auto inputs = read_report_inputs(*root);
  const bool json = options.format == "json";
  if (options.list && json) return write_output(boots_to_json(inputs), options.output);
  const auto style = decide_style(options.style, look_at_terminal(), !options.output.empty());
  if (options.list) {
    // Programs get one line for each boot.
    auto layout = style.text;
    if (!style.on_terminal && options.style.width == 0)
      layout.width = std::numeric_limits<int>::max();
    return write_text(describe_boots(inputs, layout), style, options.output);
  }
  const auto choice = choose_boot(inputs, options.boot);
  if (!choice) return print_error(choice.error());
  if (options.send) return send(*root, inputs, *choice, options);
  if (json) return write_output(to_json(inputs, *choice), options.output);
  if (options.format == "otlp") return write_output(to_otlp(inputs, *choice), options.output);
  return write_text(to_text(inputs, *choice, style.text), style, options.output);
}

}  // namespace azl::provision
